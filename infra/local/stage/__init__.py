"""The whole system on one machine: start, keep in the background, stop."""
