"""Metrics that AWS documents; an alarm on any other name would never be red."""

_SQS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
    "sqs-available-cloudwatch-metrics.html"
)
_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"
_SAGEMAKER = "https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html"

_ENDPOINT = frozenset({"EndpointName", "VariantName"})
_MACHINE = frozenset({"StateMachineArn"})
_QUEUE = frozenset({"QueueName"})

# (namespace, metric) → dimensions, unit, and address of the documentation.
PUBLISHED: dict[tuple[str, str], tuple[frozenset[str], str, str]] = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): (_QUEUE, "Count", _SQS),
    ("AWS/States", "ExecutionsStarted"): (_MACHINE, "Count", _STATES),
    ("AWS/States", "ExecutionsSucceeded"): (_MACHINE, "Count", _STATES),
    ("AWS/States", "ExecutionsFailed"): (_MACHINE, "Count", _STATES),
    ("AWS/States", "ExecutionsTimedOut"): (_MACHINE, "Count", _STATES),
    ("AWS/SageMaker", "Invocations"): (_ENDPOINT, "None", _SAGEMAKER),
    ("AWS/SageMaker", "Invocation4XXErrors"): (_ENDPOINT, "None", _SAGEMAKER),
    ("AWS/SageMaker", "Invocation5XXErrors"): (_ENDPOINT, "None", _SAGEMAKER),
    ("AWS/SageMaker", "ModelLatency"): (_ENDPOINT, "Microseconds", _SAGEMAKER),
}
