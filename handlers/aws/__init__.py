"""Adapters, one for each AWS resource: they take and return domain types and translate errors."""
