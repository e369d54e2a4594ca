"""The reviewers' API: leases, verdicts, undo, and how reviewers agree."""
