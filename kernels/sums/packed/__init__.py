"""Sums and counts in few bytes, and back: how partials keep them."""
