"""One adapter per AWS resource; each speaks domain types and translates AWS errors once."""
