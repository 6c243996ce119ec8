"""What the savings of a run say beyond its own orders: intervals that allow for shared days and shared securities."""
