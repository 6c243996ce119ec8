"""Columns of orders as pages of a Parquet file: which values are there, integers in as few bits as they need."""
