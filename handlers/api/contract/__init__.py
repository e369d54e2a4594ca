"""The API as data: every operation with its schemas, read by the functions and by the stacks."""
