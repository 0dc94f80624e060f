"""Controls for the lessons, one module per family; each is a face over a function that works without it."""
