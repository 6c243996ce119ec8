"""Tables by any combination of keys, which `aggregate_by` asks for. `combination_files` is the entrance."""
