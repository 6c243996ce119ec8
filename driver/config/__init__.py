"""Settings: the TOML file, the flags, what is checked of them."""
