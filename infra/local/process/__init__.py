"""Processes of the local stage: started in a clean environment, awaited, stopped."""
