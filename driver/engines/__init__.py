"""Who runs jobs: this process, supervised worker processes. An engine takes jobs and gives outcomes."""
