"""A seeded synthetic exchange that writes the same files as a real one."""
