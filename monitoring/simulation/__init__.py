"""Simulated photos whose truth is known, to measure how often the report is wrong."""
