"""What the workflow touches, by name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowResources:
    """Names of what the workflow touches; CDK tokens are welcome."""

    serialize_function_arn: str
    classify_function_arn: str
    filter_function_arn: str
    photos_table: str
    assignments_table: str
    review_queue_url: str
    failures_queue_url: str
