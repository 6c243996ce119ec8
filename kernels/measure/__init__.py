"""Order by order: from selection through benchmarks and scenarios to costs. ``measure`` is the way in."""
