"""The report's charts of fill_curves.csv: how much has filled after how long a wait, and what came instead."""
