"""What a day's quotes and fills say, worked out once a day before any order is looked at."""
