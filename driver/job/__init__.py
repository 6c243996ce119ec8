"""One job: open a day file, measure it, write its order file and its sums."""
