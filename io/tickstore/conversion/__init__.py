"""A conversion: who does what when, from input files to a committed store."""
