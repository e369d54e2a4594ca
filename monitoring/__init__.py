"""Does the system keep its promises? Invariants over what it has written."""
