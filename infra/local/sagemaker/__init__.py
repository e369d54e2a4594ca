"""Stands in for the SageMaker runtime and its Data Capture."""
