"""Removes one permission of a function at a time on a running stage, and runs what needs it.

A permission that is needed has a behaviour that is lost without it. `python -m
tests.e2e.permissions` tries all of them and writes docs/permissions.md.
"""
