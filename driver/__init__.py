"""Runs the engine: configuration, plan, workers, outputs, aggregation, statistics, report, command line."""
