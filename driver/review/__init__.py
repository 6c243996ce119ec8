"""What a results folder says once it is there: read back, judged, and set beside another."""
