"""The command line: commands, their arguments, what is printed."""
