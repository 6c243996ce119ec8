"""How measures of single orders spread: quantiles and histograms of reality and of each scenario."""
