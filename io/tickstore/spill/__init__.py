"""Rows on their way from the parser to the builder, on disk by partition."""
