"""Alarms: what is watched, when it is wrong, and what an operator does about it."""
