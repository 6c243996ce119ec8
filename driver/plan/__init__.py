"""Configuration and catalog to jobs."""
