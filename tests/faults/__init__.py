"""The fault matrix: injected faults, and what every photo has come to afterwards.

`make faults` runs it, and `docs/reliability.md` holds its result.
"""
