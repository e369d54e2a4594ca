"""What AWS's own services do with the roles of a template, and what is lost where they may not.

The emulator checks the calls that the functions' code makes. What a service does for a resource
(delivering a function's logs, reading its stream, calling a schedule's target, loading a model)
is not checked there; those needs are derived from the resource's properties, by the pages of AWS
that each function names.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.infra.permissions import ANYTHING, LOG_DELIVERY, TRACING, needed_by_machine
from tests.infra.template import Json, Template, machine_definition, readable, short_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One action that a service takes with a role, and what is lost without the permission.

    `resource` is as in `tests.infra.permissions.Grant`.
    """

    role: str
    action: str
    resource: str
    lost: str


def service_needs(template: Template) -> list[Need]:
    """Return the needs of all resources of a template."""
    readers = {
        "AWS::Lambda::Function": _of_function,
        "AWS::Lambda::EventSourceMapping": _of_stream_mapping,
        "AWS::Scheduler::Schedule": _of_schedule,
        "AWS::Events::Rule": _of_rule,
        "AWS::StepFunctions::StateMachine": _of_machine,
        "AWS::SageMaker::Model": _of_model,
    }
    return [
        need
        for resource in template.body["Resources"].values()
        if resource["Type"] in readers
        for need in readers[resource["Type"]](template, resource["Properties"])
    ]


def _of_function(_template: Template, function: Json) -> Iterator[Need]:
    """Lambda: logs, traces, and the queue for asynchronous calls that failed.

    Source: AWS Lambda developer guide, "Execution role permissions".
    """
    role, name = _role(function["Role"]), function["Handler"]
    yield _trust(role, "lambda.amazonaws.com", f"{name} cannot run")
    group = f"<{short_id(function['LoggingConfig']['LogGroup']['Ref'])}.Arn>"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Need(role=role, action=action, resource=group, lost=f"log lines of {name}")
    if function.get("TracingConfig", {}).get("Mode") == "Active":
        for action in ("xray:PutTelemetryRecords", "xray:PutTraceSegments"):
            yield Need(role=role, action=action, resource=ANYTHING, lost=f"traces of {name}")
    # The emulated endpoint checks no signature, so that no behaviour shows this need.
    if endpoint := function["Environment"]["Variables"].get("ENDPOINT_NAME"):
        yield Need(
            role=role,
            action="sagemaker:InvokeEndpoint",
            resource=f"arn:aws:sagemaker:<region>:<account>:endpoint/{endpoint}",
            lost="the classification of every photo",
        )
    if "DeadLetterConfig" in function:
        yield Need(
            role=role,
            action="sqs:SendMessage",
            resource=readable(function["DeadLetterConfig"]["TargetArn"]),
            lost=f"the message about an asynchronous call of {name} that failed",
        )


def _of_stream_mapping(template: Template, mapping: Json) -> Iterator[Need]:
    """Lambda reads a DynamoDB stream, and reports a batch that it gives up.

    Source: AWS Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB".
    """
    function = template.body["Resources"][mapping["FunctionName"]["Ref"]]["Properties"]
    role, stream = _role(function["Role"]), readable(mapping["EventSourceArn"])
    for action in ("DescribeStream", "GetRecords", "GetShardIterator"):
        yield Need(
            role=role,
            action=f"dynamodb:{action}",
            resource=stream,
            lost="labels and events of all decisions",
        )
    table = stream.removeprefix("<").removesuffix(".StreamArn>")
    yield Need(
        role=role,
        action="dynamodb:ListStreams",
        resource=f"<{table}.Arn>/stream/*",
        lost="labels and events of all decisions",
    )
    yield Need(
        role=role,
        action="sqs:SendMessage",
        resource=readable(mapping["DestinationConfig"]["OnFailure"]["Destination"]),
        lost="the message about changes that were never published",
    )


def _of_schedule(_template: Template, schedule: Json) -> Iterator[Need]:
    """EventBridge Scheduler calls its target, and keeps what it could not deliver.

    Source: EventBridge Scheduler user guide, "Setting up the execution role".
    """
    target = schedule["Target"]
    role, function = _role(target["RoleArn"]), readable(target["Arn"])
    yield _trust(role, "scheduler.amazonaws.com", f"every scheduled call of {function}")
    yield Need(
        role=role,
        action="lambda:InvokeFunction",
        resource=function,
        lost=f"every scheduled call of {function}",
    )
    yield Need(
        role=role,
        action="sqs:SendMessage",
        resource=readable(target["DeadLetterConfig"]["Arn"]),
        lost=f"the message about a scheduled call of {function} that was not delivered",
    )


def _of_rule(_template: Template, rule: Json) -> Iterator[Need]:
    """EventBridge starts an execution for an event.

    Source: EventBridge user guide, "IAM roles for sending events to targets".
    """
    for target in rule["Targets"]:
        role = _role(target["RoleArn"])
        yield _trust(role, "events.amazonaws.com", "the start of every execution")
        yield Need(
            role=role,
            action="states:StartExecution",
            resource=readable(target["Arn"]),
            lost="the start of every execution",
        )


def _of_machine(template: Template, machine: Json) -> Iterator[Need]:
    """Step Functions: what the definition's tasks do, logs and traces.

    Sources: `needed_by_machine`.
    """
    role = _role(machine["RoleArn"])
    yield _trust(role, "states.amazonaws.com", "every execution")
    for action, resource in sorted(needed_by_machine(machine, machine_definition(template))):
        if action in LOG_DELIVERY:
            lost = "log lines of executions"
        elif action in TRACING:
            lost = "traces of executions"
        else:
            lost = f"every photo whose execution reaches the task with {action} on {resource}"
        yield Need(role=role, action=action, resource=resource, lost=lost)


def _of_model(template: Template, model: Json) -> Iterator[Need]:
    """SageMaker: the image, the model archive, logs, metrics and Data Capture.

    Source: SageMaker developer guide, "SageMaker AI roles", CreateModel permissions.
    """
    role = _role(model["ExecutionRoleArn"])
    container = model["PrimaryContainer"]
    yield _trust(role, "sagemaker.amazonaws.com", "the endpoint")
    registry, _, repository = readable(container["Image"]).partition("/")
    account, _, _, region, *_ = registry.split(".")
    image = f"arn:aws:ecr:{region}:{account}:repository/{repository.rpartition(':')[0]}"
    for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
        yield Need(role=role, action=f"ecr:{action}", resource=image, lost="the endpoint's image")
    yield Need(
        role=role,
        action="ecr:GetAuthorizationToken",
        resource=ANYTHING,
        lost="the endpoint's image",
    )
    archive = readable(container["ModelDataUrl"]).removeprefix("s3://")
    yield Need(
        role=role, action="s3:GetObject", resource=f"arn:aws:s3:::{archive}", lost="the model"
    )
    for action in ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"):
        yield Need(role=role, action=action, resource="<Logs.Arn>", lost="the endpoint's log lines")
    yield Need(
        role=role,
        action="cloudwatch:PutMetricData",
        resource=ANYTHING,
        lost="the endpoint's metrics",
    )
    for endpoint in template.of_type("AWS::SageMaker::EndpointConfig").values():
        if capture := endpoint.get("DataCaptureConfig"):
            place = readable(capture["DestinationS3Uri"]).removeprefix("s3://")
            variants = template.of_type("AWS::SageMaker::Endpoint").values()
            for variant in variants:
                yield Need(
                    role=role,
                    action="s3:PutObject",
                    resource=f"arn:aws:s3:::{place}/{readable(variant['EndpointName'])}/*",
                    lost="Data Capture, and with it the report's view of the model",
                )


def _trust(role: str, service: str, lost: str) -> Need:
    return Need(role=role, action="sts:AssumeRole", resource=service, lost=lost)


def _role(reference: Json) -> str:
    """Return the short logical id of the role that `Fn::GetAtt` refers to."""
    return short_id(reference["Fn::GetAtt"][0])
