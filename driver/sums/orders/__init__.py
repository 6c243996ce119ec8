"""Sums over single orders beyond those of cells, added block by block; `driver.job.order_sums` holds them together."""
