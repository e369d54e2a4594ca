"""The functions, tables and queues that the workflow calls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowResources:
    """ARNs, table names and queue URLs for the definition; may be CDK tokens."""

    serialize_function_arn: str
    classify_function_arn: str
    filter_function_arn: str
    photos_table: str
    assignments_table: str
    review_queue_url: str
    failures_queue_url: str
