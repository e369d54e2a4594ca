"""Is every photo in exactly one place? Sweeper, reconcile, repair and redrive."""
