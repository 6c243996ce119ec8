"""What input files hold, for people: before a conversion, and without one."""
