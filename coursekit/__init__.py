"""The support package of the course: the training loop first, a folder for each application, and meant to be read."""

__version__ = "0.1.0"
