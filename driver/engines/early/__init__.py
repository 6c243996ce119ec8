"""What is begun before it is asked for, so that nobody waits for it, and what is not imported at all."""
