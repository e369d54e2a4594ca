"""The demo: drawn photos, the load test, and a generated day with drift."""
