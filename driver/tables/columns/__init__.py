"""Columns of many rows at once: exact arithmetic on sums, and how numbers become the lines of a CSV file."""
