"""Is the model that answers the one that was asked for? A silent rollback looks like success."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handlers.aws.bucket import Bucket
from handlers.domain.decision.policy import Policy
from handlers.domain.ledger.schema import PhotoAttribute
from infra.operations.doctor.examined_stage import ENDPOINT_CONFIG
from infra.operations.doctor.stage_check import (
    CheckAnswer,
    StageCheck,
    not_checkable,
    ok,
    problem,
    verdict_on,
)
from training.registry.archive import unpack
from training.serving.errors import InvalidModel

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage

_CHANGING = {"Updating", "Creating", "SystemUpdating", "RollingBack"}
_LARGEST_ARCHIVE = 500 * 1024 * 1024
_UNKNOWN_MODEL = "UntrustworthyPrediction"  # Filter's error for a model without a policy
_CLASSIFIED = {"assigned", "in_review"}


def _in_service(stage: ExaminedStage) -> CheckAnswer:
    endpoint = _endpoint(stage)
    status, reason = endpoint["EndpointStatus"], endpoint.get("FailureReason", "")
    if status in _CHANGING:
        return not_checkable(f"the endpoint is {status}: run again when it is InService")
    if status != "InService" or reason:
        return problem(f"the endpoint is {status} {reason}".strip())
    empty = [
        f"variant {variant['VariantName']} has no instance"
        for variant in endpoint.get("ProductionVariants", [])
        if variant.get("CurrentInstanceCount", 1) < 1
    ]
    return verdict_on(empty, sound="InService")


def _configuration(stage: ExaminedStage) -> CheckAnswer:
    asked = list((stage.serving or {}).get(ENDPOINT_CONFIG, {}).values())
    if not asked:
        return not_checkable("the account has no stack Serving of this stage to compare with")
    name = _endpoint(stage)["EndpointConfigName"]
    # CloudFormation's physical id is the ARN, whose name may be in lower case.
    if name.lower() not in {arn.rpartition("/")[2].lower() for arn in asked}:
        return problem(f"the endpoint runs {name}, the stack asked for {', '.join(asked)}")
    return ok(name)


def _model(stage: ExaminedStage) -> CheckAnswer:
    settings = stage.settings
    if settings is None:
        return not_checkable(stage.settings_missing)
    wanted = (settings.model_image_uri, settings.model_data_url)
    differences = [
        f"{variant} runs {actual}, the settings ask for {asked}"
        for variant, containers in _containers(stage).items()
        for actual, asked in zip(containers, wanted, strict=True)
        if actual != asked
    ]
    return verdict_on(differences, sound=settings.model_data_url)


def _policy_knows_model(stage: ExaminedStage) -> CheckAnswer:
    policy = _policy(stage)
    if not stage.target.is_deployed:
        return _photos_know_model(stage, policy)
    versions = {variant: _version(stage, url) for variant, (_, url) in _containers(stage).items()}
    unknown = [
        f"{variant} answers as model {version}, the policy knows {', '.join(sorted(policy.models))}"
        for variant, version in versions.items()
        if version not in policy.models
    ]
    return verdict_on(unknown, sound=", ".join(sorted(set(versions.values()))))


def _photos_know_model(stage: ExaminedStage, policy: Policy) -> CheckAnswer:
    """Judge by the newest photo: where the endpoint's archive cannot be read."""
    for row in stage.photos:
        if row.get(PhotoAttribute.REASON) == _UNKNOWN_MODEL:
            return problem(f"photo {row[PhotoAttribute.PHOTO_ID]} failed: {_UNKNOWN_MODEL}")
        version = row.get(PhotoAttribute.MODEL_VERSION)
        if row.get(PhotoAttribute.STATUS) in _CLASSIFIED and version:
            return verdict_on(
                [f"model {version} is not in the policy"] * (version not in policy.models),
                sound=str(version),
            )
    return not_checkable("no photo was classified in the last 24 hours")


def _policy(stage: ExaminedStage) -> Policy:
    """Read the policy as Filter does. Raises: InvalidPolicy."""
    parameter = stage.client("ssm").get_parameter(Name=stage.target.output("PolicyParameter"))
    return Policy.from_json(parameter["Parameter"]["Value"])


def _version(stage: ExaminedStage, url: str) -> str:
    """Return the model version in an archive; a text without one if it cannot be read."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    content = Bucket(stage.client("s3"), bucket=bucket).read(key, at_most_bytes=_LARGEST_ARCHIVE)
    if content is None:
        return f"(no object {url})"
    with tempfile.TemporaryDirectory() as folder:
        try:
            return unpack(content, Path(folder)).model_version
        except InvalidModel as error:
            return f"({url}: {error})"


def _containers(stage: ExaminedStage) -> dict[str, tuple[str, str]]:
    """Return image and model data by variant, of the configuration that runs now."""
    sagemaker = stage.client("sagemaker")
    name = _endpoint(stage)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    containers = {}
    for variant in variants:
        model = sagemaker.describe_model(ModelName=variant["ModelName"])["PrimaryContainer"]
        containers[variant["VariantName"]] = (model["Image"], model.get("ModelDataUrl", ""))
    return containers


def _endpoint(stage: ExaminedStage) -> dict[str, Any]:
    description: dict[str, Any] = stage.client("sagemaker").describe_endpoint(
        EndpointName=stage.endpoint_name
    )
    return description


CHECKS = (
    StageCheck(
        name="endpoint_in_service",
        question="Does the endpoint serve?",
        remedy="Read the endpoint's log group; deploy the last good image and model again.",
        answer=_in_service,
        aws_only="SageMaker endpoint",
    ),
    StageCheck(
        name="endpoint_configuration",
        question="Does the endpoint run the configuration that its stack asked for?",
        remedy="SageMaker rolled the last deployment back: read the endpoint's log group, repair "
        "the image or model, and deploy again.",
        answer=_configuration,
        aws_only="SageMaker endpoint",
    ),
    StageCheck(
        name="endpoint_model",
        question="Are image and model those of the stage's settings?",
        remedy="Deploy the stage, or put the settings back to what runs.",
        answer=_model,
        aws_only="SageMaker endpoint",
    ),
    StageCheck(
        name="policy_knows_model",
        question="Does the policy have the threshold of the model that answers?",
        remedy="Add the model's manifest to model_manifests and deploy: until then every photo "
        "fails.",
        answer=_policy_knows_model,
    ),
)
