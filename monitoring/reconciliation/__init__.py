"""Compares what the bucket, ledger, queues and executions hold of each photo, and repairs it."""
