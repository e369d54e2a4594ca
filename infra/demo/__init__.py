"""The demonstration: drawn photos, the load test, and a day with drift in it."""
