"""Mergeable sums of measured orders: cells, moments, histograms, the largest."""
