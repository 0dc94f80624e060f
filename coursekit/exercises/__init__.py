"""The exercises of the lessons, a module each: right answers and the usual wrong ones. Spoilers inside."""
