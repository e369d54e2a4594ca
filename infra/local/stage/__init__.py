"""Runs the whole system on one machine: starts it, keeps it in the background, stops it."""
