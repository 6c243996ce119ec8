"""A job's sums, from measured blocks to the partial file, and how partials add up. Jobs and tables call it."""
