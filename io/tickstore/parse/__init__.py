"""Text to integers: the fast path by kernels, the slow path line by line."""
