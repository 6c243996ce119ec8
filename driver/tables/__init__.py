"""Tables out of partials, and what their columns mean. `aggregate` is the entrance, `table_list` says what there is."""
