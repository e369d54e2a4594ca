"""The status page of a running local stage: photos as they move, and everything about each photo.

A process of its own (`python -m infra.local.status_page`, see `spec.py`) that only reads: the
ledger, the bucket, the queues and the histories of executions.
"""
