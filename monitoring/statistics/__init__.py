"""Statistics of the report and of training's evaluation; they import numpy only.

The tests compare every function with scipy; `python -m monitoring.simulation` measures the error
rates of the checks that use them.
"""
