"""Spreadsheets whose formulas are computed here, cell by cell."""
