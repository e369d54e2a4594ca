"""The reviewers' door: one review at a time, held by a lease, decided once, taken back in time."""
