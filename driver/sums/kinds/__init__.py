"""What orders and fills are, and what stood against them: sums by code, which `driver.tables.kinds` shows."""
