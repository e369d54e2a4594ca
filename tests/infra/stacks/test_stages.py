"""The templates of both stages are equal but for the properties listed here."""

import json
import re
from collections.abc import Iterable, Iterator

from tests.infra.template import PSEUDO, Json, Template, short_id

# Packages are built for the machine they run on; stateful resources are retained in prod only.
MAY_DIFFER = {
    "AWS::Lambda::Function": {"Code.S3Key", "Runtime", "Architectures"},
    "AWS::DynamoDB::Table": {"DeletionProtectionEnabled"},
    "AWS::Cognito::UserPool": {"DeletionProtection"},
    "AWS::SageMaker::Model": {"PrimaryContainer.Image", "PrimaryContainer.ModelDataUrl"},
}
ONLY_WITH_RECIPIENTS = {"AWS::SNS::Subscription"}
ATTRIBUTES_THAT_MAY_DIFFER = {"DeletionPolicy", "UpdateReplacePolicy"}


def test_the_pipeline_is_the_same_in_both_stages(
    local_pipeline: Template, prod_pipeline: Template
) -> None:
    assert list(_differences(local_pipeline, prod_pipeline)) == []


def test_serving_is_the_same_in_both_stages(
    local_serving: Template, prod_serving: Template
) -> None:
    # The role's policy names image and model, which a release sets.
    differences = _differences(local_serving, prod_serving)
    assert [path for path in differences if "DefaultPolicy" not in path] == []


def test_only_prod_is_built_for_lambdas_processor(prod_pipeline: Template) -> None:
    for function in prod_pipeline.of_type("AWS::Lambda::Function").values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def _differences(local: Template, prod: Template) -> Iterator[str]:
    ours, theirs = _comparable(local), _comparable(prod)
    assert ours.keys() == theirs.keys()
    assert ours["Outputs"] == theirs["Outputs"]
    prod_only = theirs["Resources"].keys() - ours["Resources"].keys()
    assert {theirs["Resources"][name]["Type"] for name in prod_only} <= ONLY_WITH_RECIPIENTS
    for logical_id, resource in ours["Resources"].items():
        assert logical_id in theirs["Resources"]
        allowed = MAY_DIFFER.get(resource["Type"], set())
        for path in _differing(resource, theirs["Resources"][logical_id]):
            top, _, below = path.partition(".")
            if top not in ATTRIBUTES_THAT_MAY_DIFFER and below not in allowed:
                yield f"{logical_id}: {path}"


def _differing(ours: object, theirs: object, above: str = "") -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            path = f"{above}.{key}" if above else key
            yield from _differing(ours.get(key), theirs.get(key), path)
    elif ours != theirs:
        yield above


def _comparable(template: Template) -> Json:
    """Return the template with placeholders for the stage's name, account and region."""
    text = json.dumps(_spelled_out(template.body))
    text = text.replace("000000000000", "<account>").replace("us-east-1", "<region>")
    # In lower and upper case, with and without separators: `Scones-local`, `Sconeslocal`.
    text = re.sub(
        rf"(?<![a-z]){template.stage}(?![a-z])|(?<=Scones){template.stage}", "STAGE", text
    )
    comparable: Json = json.loads(text)
    return comparable


def _spelled_out(value: object) -> object:
    """Resolve pseudo parameters and joins to text, and remove CDK's hash from ids."""
    if isinstance(value, list):
        return [_spelled_out(item) for item in value]
    if isinstance(value, dict):
        return _evaluated({key: _spelled_out(item) for key, item in value.items()})
    return value


def _evaluated(value: Json) -> object:
    match value:
        case {"Ref": str(name)} if name in PSEUDO:
            return PSEUDO[name]
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{(AWS::\w+)\}", lambda match: PSEUDO[match[1]], text)
        case {"Fn::Join": [str(separator), list(parts)]}:
            return _joined(separator, parts)
        case {"Effect": _, "Resource": list(resources)}:
            # CDK sorts by text, in which only stage local has account and region.
            return {**value, "Resource": sorted(resources, key=json.dumps)}
        case {"Sid": str(sid)}:
            return {**value, "Sid": short_id(sid)}
    return value


def _joined(separator: str, parts: Iterable[object]) -> object:
    merged: list[object] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += separator + part
        else:
            merged.append(part)
    return merged[0] if len(merged) == 1 else {"Fn::Join": [separator, merged]}
