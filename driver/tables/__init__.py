"""Tables out of partials, and what their columns mean."""
