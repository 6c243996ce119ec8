"""The store: where things are, what is finished, how changes are committed and recovered."""
