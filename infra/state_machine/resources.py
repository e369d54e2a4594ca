"""What the workflow calls, and how long it waits."""

from dataclasses import dataclass

from infra.state_machine.retry_limits import STANDARD, RetryLimits


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
    partition: str = "aws"  # of AWS; others are aws-cn and aws-us-gov
    retry_limits: RetryLimits = STANDARD
