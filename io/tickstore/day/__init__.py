"""The day file: its columns, its bytes, writing, mapping, checking."""
