"""What the report breaks down: savings by part of the orders with intervals, what a saving is made of, who trades."""
