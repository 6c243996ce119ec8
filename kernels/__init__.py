"""Numeric core: arrays in, arrays out."""
