"""Raw exchange CSVs, converted once into day files of memory-mapped columns."""
