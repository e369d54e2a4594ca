"""Checks that a stage is as its settings ask, for `scones doctor`: one module a group of checks."""
