"""Starts parked photos again, oldest first, at the rate at which the system decides them."""
