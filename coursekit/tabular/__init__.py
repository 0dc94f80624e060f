"""Tables: from rows to columns a net can read, models of them, and the shops of Rossmann."""
