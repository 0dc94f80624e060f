"""The course's own commands, install, lab and test: for a Python that has nothing installed yet."""
