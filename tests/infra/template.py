"""A synthesized template, with its references as readable text."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.function_specs import FUNCTIONS

Json = dict[str, Any]  # CloudFormation is JSON: Any is a JSON value

_HANDLERS = {spec.name: spec.handler for spec in FUNCTIONS}

# CDK appends a hash to the logical ids that it generates.
_HASH_OF_ID = re.compile(r"[0-9A-F]{8}$")
PSEUDO = {
    "AWS::AccountId": "<account>",
    "AWS::Partition": "aws",
    "AWS::Region": "<region>",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One stack of one stage."""

    stage: str
    stack: str
    path: Path
    body: Json

    @classmethod
    def load(cls, assembly: Path, stage: str, stack: str) -> "Template":
        path = assembly / f"Scones-{stage}-{stack}.template.json"
        return cls(
            stage=stage, stack=stack, path=path, body=json.loads(path.read_text(encoding="utf-8"))
        )

    def of_type(self, kind: str) -> dict[str, Json]:
        """Return properties by logical id of all resources of a type; fail without any."""
        properties = {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.body["Resources"].items()
            if resource["Type"] == kind
        }
        assert properties, f"the template has no {kind}"
        return properties

    def only(self, kind: str) -> Json:
        """Return properties of the only resource of a type; fail if there are several."""
        (properties,) = self.of_type(kind).values()
        return properties

    def function(self, name: str) -> Json:
        """Return properties of a function, by its name in `FUNCTIONS`."""
        (properties,) = (
            function
            for function in self.of_type("AWS::Lambda::Function").values()
            if function["Handler"] == _HANDLERS[name]
        )
        return properties

    def statements_on(self, kind: str, field: str, logical_id: str) -> list[Json]:
        """Return the statements of the resource policy of a bucket, queue or topic.

        `kind` is the policy's type, `field` its property with the references.
        """
        return [
            statement
            for policy in self.of_type(kind).values()
            if {"Ref": logical_id} in _listed(policy[field])
            for statement in policy["PolicyDocument"]["Statement"]
        ]


def _listed(value: object) -> list[Any]:  # elements are JSON values
    return value if isinstance(value, list) else [value]


def refuses_plain_text(statements: list[Json], action: str) -> bool:
    """Return whether a resource policy denies requests without TLS."""
    denial = ("Deny", action, {"Bool": {"aws:SecureTransport": "false"}})
    return denial in [
        (statement["Effect"], statement["Action"], statement.get("Condition"))
        for statement in statements
    ]


def readable(value: object) -> str:
    """Return a string with its references as text, such as `<Intake.Arn>/intake/*`."""
    if isinstance(value, str):
        return value
    assert isinstance(value, Mapping), f"neither text nor reference: {value!r}"
    ((function, argument),) = value.items()
    if function == "Ref":
        return PSEUDO.get(argument, f"<{short_id(argument)}>")
    if function == "Fn::GetAtt":
        return f"<{short_id(argument[0])}.{argument[1]}>"
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(readable(part) for part in parts)
    raise AssertionError(f"add the intrinsic function {function} here")


def short_id(logical_id: str) -> str:
    """Return a logical id without CDK's hash."""
    return _HASH_OF_ID.sub("", logical_id)


def machine_definition(template: Template) -> Json:
    """Return the state machine's definition, with references as readable text."""
    machine = template.only("AWS::StepFunctions::StateMachine")
    definition: Json = json.loads(readable(machine["DefinitionString"]))
    return definition


def states_of(definition: Json) -> Iterator[tuple[str, Json]]:
    """Yield all states with their names, including those in a Map or a Parallel."""
    for name, state in definition["States"].items():
        yield name, state
        for inner in (
            state.get("ItemProcessor"),
            state.get("Iterator"),
            *state.get("Branches", ()),
        ):
            if inner:
                yield from states_of(inner)
