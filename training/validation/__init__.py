"""Validation of a folder of labelled photos before training on it."""
