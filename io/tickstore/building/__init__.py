"""Rows of a partition to its day file: merged, ordered, indexed."""
