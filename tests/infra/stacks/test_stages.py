"""The templates of the stages are equal but for the properties listed here."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

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


# A sandbox keeps nothing: besides the above, its logs expire sooner.
ONLY_OF_THE_SANDBOX = {
    "AWS::Logs::LogGroup": {"RetentionInDays"},
    "AWS::S3::Bucket": {"LifecycleConfiguration.Rules"},
}


def test_a_sandbox_differs_from_prod_in_what_it_keeps(
    dev_assembly: Path, prod_pipeline: Template
) -> None:
    dev = Template.load(dev_assembly, "dev", "Pipeline")
    differences = set(_differences(dev, prod_pipeline))
    allowed = {
        f"{logical_id}: Properties.{path}"
        for logical_id, resource in _comparable(prod_pipeline)["Resources"].items()
        for path in ONLY_OF_THE_SANDBOX.get(resource["Type"], set())
    }
    assert differences <= allowed


def test_a_sandbox_is_removed_with_its_stacks(dev_assembly: Path) -> None:
    for name in ("Pipeline", "Serving"):
        template = Template.load(dev_assembly, "dev", name)
        for logical_id, resource in template.body["Resources"].items():
            assert resource.get("DeletionPolicy", "Delete") == "Delete", logical_id
            properties = resource.get("Properties", {})
            assert not properties.get("DeletionProtectionEnabled"), logical_id
            assert properties.get("DeletionProtection", "INACTIVE") == "INACTIVE", logical_id
    manifest = json.loads((dev_assembly / "manifest.json").read_text(encoding="utf-8"))
    stacks = [
        artifact["properties"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    ]
    assert len(stacks) == 2
    assert not any(stack.get("terminationProtection") for stack in stacks)


def test_a_rollout_changes_the_model_and_nothing_else(
    dev_assembly: Path, next_model_assembly: Path
) -> None:
    """Recipients of alarms and reports, and the type of the workflow, stay as they are."""
    pipeline = Template.load(dev_assembly, "dev", "Pipeline")
    assert pipeline.of_type("AWS::SNS::Subscription")
    assert pipeline.body == Template.load(next_model_assembly, "dev", "Pipeline").body
    before = Template.load(dev_assembly, "dev", "Serving").body["Resources"]
    after = Template.load(next_model_assembly, "dev", "Serving").body["Resources"]
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert {before[name]["Type"] for name in changed} == {
        "AWS::SageMaker::Model",
        "AWS::IAM::Policy",  # the role may read this image and this archive
    }


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
