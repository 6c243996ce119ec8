"""Times and trade dates: what is written in files, and to which date it belongs."""
