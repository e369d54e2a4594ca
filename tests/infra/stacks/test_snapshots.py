"""Snapshots of whole templates: they show what an upgrade of a library changes."""

import json
import re

from handlers.domain.decision.policy import Policy
from tests.infra import snapshot
from tests.infra.template import Json, Template

_ASSET = re.compile(r"[0-9a-f]{64}")
_OF_HOST = {"Runtime": "<host's>", "Architectures": ["<host's>"]}


def test_the_pipeline_is_as_in_the_snapshot(pipeline: Template) -> None:
    snapshot.matches(f"pipeline.{pipeline.stage}.json", _stable(pipeline))


def test_serving_is_as_in_the_snapshot(serving: Template) -> None:
    snapshot.matches(f"serving.{serving.stage}.json", _stable(serving))


def _stable(template: Template) -> str:
    """Return the template without what differs by model, and in stage local by machine."""
    body: Json = json.loads(_ASSET.sub("<asset>", json.dumps(template.body)))
    for resource in body["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Lambda::Function" if template.stage == "local":
                properties |= _OF_HOST
            case "AWS::StepFunctions::StateMachine":
                properties["DefinitionString"] = "<workflow.asl.json>"
            case "AWS::SSM::Parameter" if properties["Value"] != "{}":
                Policy.from_json(properties["Value"])
                properties["Value"] = "<policy>"
    return json.dumps(body, indent=1, sort_keys=True) + "\n"
