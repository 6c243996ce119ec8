"""A whole run: input, sample, results folder, resume, records."""
