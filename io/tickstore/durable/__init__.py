"""Files that survive: written whole, locked, checked. Used by the store and by the driver."""
