"""Removes the product's protections one by one, and demands that a test fails each time."""
