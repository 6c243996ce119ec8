"""How measures of single orders spread, as the report shows it: two figures and a table."""
