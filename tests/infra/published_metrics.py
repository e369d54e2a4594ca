"""Metrics that AWS documents; an alarm on any other name would never be red."""

_SQS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
    "sqs-available-cloudwatch-metrics.html"
)
_STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"
_SAGEMAKER = "https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html"

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html"
_DYNAMODB = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html"
)
_SNS = "https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html"
_EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html"
_SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html"

_API = (frozenset({"ApiId"}), frozenset({"ApiId", "Stage"}))
_ENDPOINT = (frozenset({"EndpointName", "VariantName"}),)
_FUNCTION = (frozenset({"FunctionName"}),)
_GROUP = (frozenset({"ScheduleGroup"}),)
_MACHINE = (frozenset({"StateMachineArn"}),)
_QUEUE = (frozenset({"QueueName"}),)
_RULE = (frozenset({"RuleName"}),)  # of the default bus
_TABLE = (frozenset({"TableName"}), frozenset({"TableName", "GlobalSecondaryIndexName"}))
_TOPIC = (frozenset({"TopicName"}),)

# (namespace, metric) → sets of dimensions, unit, and address of the documentation.
PUBLISHED: dict[tuple[str, str], tuple[tuple[frozenset[str], ...], str, str]] = {
    ("AWS/ApiGateway", "4xx"): (_API, "Count", _GATEWAY),
    ("AWS/ApiGateway", "5xx"): (_API, "Count", _GATEWAY),
    ("AWS/ApiGateway", "Count"): (_API, "Count", _GATEWAY),
    ("AWS/DynamoDB", "ReadThrottleEvents"): (_TABLE, "Count", _DYNAMODB),
    ("AWS/DynamoDB", "WriteThrottleEvents"): (_TABLE, "Count", _DYNAMODB),
    ("AWS/Events", "FailedInvocations"): (_RULE, "Count", _EVENTS),
    ("AWS/Events", "InvocationsFailedToBeSentToDlq"): (_RULE, "Count", _EVENTS),
    ("AWS/Lambda", "Errors"): (_FUNCTION, "Count", _LAMBDA),
    ("AWS/Lambda", "Invocations"): (_FUNCTION, "Count", _LAMBDA),
    ("AWS/Lambda", "IteratorAge"): (_FUNCTION, "Milliseconds", _LAMBDA),
    ("AWS/Lambda", "Throttles"): (_FUNCTION, "Count", _LAMBDA),
    ("AWS/Scheduler", "InvocationDroppedCount"): (_GROUP, "Count", _SCHEDULER),
    ("AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount"): (_GROUP, "Count", _SCHEDULER),
    ("AWS/Scheduler", "TargetErrorCount"): (_GROUP, "Count", _SCHEDULER),
    ("AWS/SNS", "NumberOfNotificationsFailed"): (_TOPIC, "Count", _SNS),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): (_QUEUE, "Count", _SQS),
    ("AWS/States", "ExecutionsStarted"): (_MACHINE, "Count", _STATES),
    ("AWS/States", "ExecutionsSucceeded"): (_MACHINE, "Count", _STATES),
    ("AWS/States", "ExecutionsFailed"): (_MACHINE, "Count", _STATES),
    ("AWS/States", "ExecutionsTimedOut"): (_MACHINE, "Count", _STATES),
    ("AWS/SageMaker", "Invocations"): (_ENDPOINT, "None", _SAGEMAKER),
    ("AWS/SageMaker", "Invocation4XXErrors"): (_ENDPOINT, "None", _SAGEMAKER),
    ("AWS/SageMaker", "Invocation5XXErrors"): (_ENDPOINT, "None", _SAGEMAKER),
    ("AWS/SageMaker", "ModelLatency"): (_ENDPOINT, "Microseconds", _SAGEMAKER),
    ("/aws/sagemaker/Endpoints", "CPUUtilization"): (_ENDPOINT, "Percent", _SAGEMAKER),
    ("/aws/sagemaker/Endpoints", "DiskUtilization"): (_ENDPOINT, "Percent", _SAGEMAKER),
}
