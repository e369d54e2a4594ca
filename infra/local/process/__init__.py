"""Processes of the local stage: starts them in a clean environment, awaits and stops them."""
