"""How the market moved while an order lived."""
