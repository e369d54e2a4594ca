"""The statistics under a report: small, exact where it matters, and free of everything but numpy.

Tests compare every function with scipy's; `python -m monitoring.simulation` measures how often
the checks built on them are wrong.
"""
