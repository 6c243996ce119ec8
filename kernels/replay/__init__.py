"""The dark book replayed: what history did to every order."""
