"""A discrete-event model of bursts and outages: `make burst`.

The states, their retries and their catchers are those of the state machine's definition; the
drain's policy, the breaker and the cache of the controls are the product's code. Modelled are only
AWS and the durations of functions.
"""
