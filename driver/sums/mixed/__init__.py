"""Sums by keys of who and when together with keys of the market met, where a run asks for such tables."""
