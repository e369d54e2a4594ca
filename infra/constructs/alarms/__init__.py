"""Alarms: the metric and limit of each, and the text that an operator receives."""
