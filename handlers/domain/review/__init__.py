"""Reviews as pure rules: lease, verdict, undo, contest, and what each changes."""
