"""The status page of a running local stage: photos as they move, and the whole story of each.

A process of its own (`python -m infra.local.status_page`) that only reads: from the ledger, the
bucket, the queues and the executions' histories. `process_spec` says how it is started.
"""

from infra.local.status_page.spec import process_spec
from infra.local.status_page.stack_names import PagePlaces

__all__ = ["PagePlaces", "process_spec"]
