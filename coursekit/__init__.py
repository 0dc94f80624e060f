"""The support package of the course: thin, flat, and meant to be read."""

__version__ = "0.1.0"
