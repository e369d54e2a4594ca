"""Removes a stage from an account, and shows that nothing is left of it."""
