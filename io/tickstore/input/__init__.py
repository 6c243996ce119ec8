"""What is given: files, headers, fields, session files."""
