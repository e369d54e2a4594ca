"""The grants of all roles as rows, and the rows that the workflow needs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.infra.template import Json, Template, readable, short_id, states_of

ANYTHING = "*"
_ATTRIBUTE_OF_REFERENCE = re.compile(r"^<(?P<name>[A-Za-z0-9]+)(?:\.Arn)?>$")

LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
TRACING = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
# A transaction needs the actions of its items; it has none of its own.
_OF_TRANSACTION = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Grant:
    """Permission of one role for one action on one resource."""

    role: str
    action: str
    resource: str
    condition: str = ""

    def __str__(self) -> str:
        return "  ".join(filter(None, (self.role, self.action, self.resource, self.condition)))


def grants(template: Template) -> list[Grant]:
    """Return all grants and trusted services of a template's roles, sorted."""
    rows = {
        grant
        for policy in template.of_type("AWS::IAM::Policy").values()
        for role in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        for grant in grants_of_statement(short_id(role["Ref"]), statement)
    }
    for logical_id, role in template.of_type("AWS::IAM::Role").items():
        assert not role.get("ManagedPolicyArns"), f"{logical_id} uses a managed policy"
        for inline in role.get("Policies", []):
            for statement in inline["PolicyDocument"]["Statement"]:
                rows |= set(grants_of_statement(short_id(logical_id), statement))
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            trusted = readable(statement["Principal"]["Service"])
            rows.add(
                Grant(
                    role=short_id(logical_id),
                    action=statement["Action"],
                    resource=trusted,
                    condition=_condition(statement),
                )
            )
    return sorted(rows)


def statements_of(template: Template, role_id: str) -> list[Json]:
    """Return the policy statements of one role, by its logical id without hash."""
    return [
        statement
        for policy in template.of_type("AWS::IAM::Policy").values()
        if role_id in {short_id(role["Ref"]) for role in policy["Roles"]}
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def granted(statements: Iterable[Json]) -> set[tuple[str, str]]:
    """Return pairs of action and resource; resources are logical ids without hash, or `*`."""
    return {
        (grant.action, resource_id(grant.resource))
        for statement in statements
        for grant in grants_of_statement("", statement)
    }


def needed_by_machine(machine: Json, definition: Json) -> set[tuple[str, str]]:
    """Return the pairs of action and resource that Step Functions needs to run the definition."""
    needs = {need for _, state in states_of(definition) for need in _needs_of_state(state)}
    if "LoggingConfiguration" in machine:
        needs |= {(action, ANYTHING) for action in LOG_DELIVERY}
    if machine.get("TracingConfiguration", {}).get("Enabled"):
        needs |= {(action, ANYTHING) for action in TRACING}
    return needs


def _needs_of_state(state: Json) -> Iterator[tuple[str, str]]:
    if state["Type"] != "Task":
        return
    integration = state["Resource"].removeprefix("arn:aws:states:::")
    parameters = state["Parameters"]
    match integration.split(":"):
        case ["lambda", "invoke"]:
            yield "lambda:InvokeFunction", resource_id(parameters["FunctionName"])
        case ["sqs", "sendMessage"]:
            yield "sqs:SendMessage", resource_id(parameters["QueueUrl"])
        case ["aws-sdk", "dynamodb", "transactWriteItems"]:
            for item in parameters["TransactItems"]:
                ((kind, request),) = item.items()
                yield _OF_TRANSACTION[kind], resource_id(request["TableName"])
        case ["dynamodb", ("getItem" | "putItem" | "updateItem" | "deleteItem") as action]:
            yield f"dynamodb:{action[0].upper()}{action[1:]}", resource_id(parameters["TableName"])
        case _:
            raise AssertionError(f"add the action that {integration} needs to this function")


def grants_of_statement(role: str, statement: Json) -> Iterator[Grant]:
    """Yield one grant for each pair of action and resource of a statement."""
    assert statement["Effect"] == "Allow", f"unexpected: {statement}"
    for action in listed(statement["Action"]):
        for resource in listed(statement["Resource"]):
            yield Grant(
                role=role,
                action=str(action),
                resource=readable(resource),
                condition=_condition(statement),
            )


def _condition(statement: Json) -> str:
    condition = statement.get("Condition")
    return f"if {condition}" if condition else ""


def resource_id(text: str) -> str:
    """Return a readable reference as the logical id alone: `<Photos.Arn>` is `Photos`."""
    match = _ATTRIBUTE_OF_REFERENCE.match(text)
    return match["name"] if match else text


def listed(value: object) -> list[object]:
    """Return a field of a policy as a list: one value stands for itself."""
    return value if isinstance(value, list) else [value]
