"""The checks before a deployment: what would fail half an hour later is refused at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.operations.deployment.account import serving_stack
from infra.operations.deployment.cdk_cli import check_version
from infra.operations.deployment.errors import DeploymentRefused, ImageNotBuilt
from infra.operations.deployment.model_archive import archived_version, manifest_versions
from infra.operations.deployment.serving_image import check_image, working_builder
from infra.synthesis.node import NodeMissing, find_node, major_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from infra.config import StageConfig
    from infra.operations.deployment.account import Account
    from infra.operations.deployment.artefacts import Artefacts
    from infra.operations.deployment.history import DeploymentRecord

# Below it AWS has not raised the limit of a new account; a burst is then worked off slowly.
USUAL_CONCURRENCY = 1_000
PASSED, NOTED, REFUSED = "passed", "noted", "refused"
_NOT_KNOWN = "the emulator does not know it; only AWS can show this."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The result of one check."""

    check: str
    status: str  # passed, noted or refused
    sentence: str


def check_machine() -> Iterator[CheckResult]:
    """Check what this machine needs: Node and the CDK command line."""
    yield _checked("Node", _node)
    yield _checked("CDK command line", check_version)


def check_account(account: Account, config: StageConfig) -> Iterator[CheckResult]:
    """Check the quotas of the account."""
    yield CheckResult(
        check="account", status=PASSED, sentence=f"{account.account} in {account.region}"
    )
    if account.is_emulator:
        yield CheckResult(check="quotas", status=NOTED, sentence=_NOT_KNOWN)
        return
    yield _lambda_concurrency(account)
    yield _checked("instances", lambda: _instance_quota(account, config))


def check_artefacts(
    account: Account,
    config: StageConfig,
    *,
    in_force: DeploymentRecord | None,
    planned: Artefacts | None = None,
) -> Iterator[CheckResult]:
    """Check image, archive and manifests of the model; what is still to be made, by its plan."""
    yield _checked("policy", lambda: _known_models(config, in_force))
    if account.is_emulator:
        sentence = f"{serving_stack(config.stage)} is not deployed here: {_NOT_KNOWN}"
        yield CheckResult(check="image and archive", status=NOTED, sentence=sentence)
        return
    image = config.model_image()
    if planned is not None and not planned.has_image:
        yield _checked("image", lambda: f"to be built with {working_builder().name}")
    elif image["region"] != account.region:
        sentence = f"the image is in {image['region']}, and SageMaker wants it in {account.region}."
        yield CheckResult(check="image", status=REFUSED, sentence=sentence)
    else:
        ecr = account.session.client("ecr")
        yield _checked("image", lambda: check_image(ecr, config))
    yield _checked("archive", lambda: _archive(account, config, planned))


def check_bootstrap(account: Account, assembly: Path) -> CheckResult:
    """Compare the bootstrap of account and region with the version that the assembly needs.

    `noted` means that `cdk bootstrap` has to run first.
    """
    artifacts = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    properties = [entry.get("properties", {}) for entry in artifacts.values()]
    needed = max(entry.get("requiresBootstrapStackVersion", 0) for entry in properties)
    names = {entry.get("bootstrapStackVersionSsmParameter") for entry in properties} - {None}
    ssm = account.session.client("ssm")
    try:
        version = int(ssm.get_parameter(Name=min(names))["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound:
        sentence = "account and region are not bootstrapped yet; `cdk bootstrap` runs first."
        return CheckResult(check="bootstrap", status=NOTED, sentence=sentence)
    if version < needed:
        sentence = f"version {version} is older than {needed}; `cdk bootstrap` runs first."
        return CheckResult(check="bootstrap", status=NOTED, sentence=sentence)
    return CheckResult(check="bootstrap", status=PASSED, sentence=f"version {version}")


def model_version(
    account: Account, config: StageConfig, *, planned: Artefacts | None = None
) -> str:
    """Return the version of the model that the endpoint gets. Raises: DeploymentRefused.

    The emulator's endpoint is given a folder instead of an archive: there it is the newest model
    of the policy.
    """
    if account.is_emulator:
        return manifest_versions(config)[-1]
    if planned is not None and planned.archive is not None:
        return planned.archive.version
    return archived_version(account.session.client("s3"), config)


def _checked(check: str, run: Callable[[], str]) -> CheckResult:
    try:
        return CheckResult(check=check, status=PASSED, sentence=run())
    except (DeploymentRefused, ImageNotBuilt, NodeMissing) as error:
        return CheckResult(check=check, status=REFUSED, sentence=str(error))


def _node() -> str:
    return f"version {major_version(find_node())}"


def _lambda_concurrency(account: Account) -> CheckResult:
    limits = account.session.client("lambda").get_account_settings()["AccountLimit"]
    limit = limits["ConcurrentExecutions"]
    return CheckResult(
        check="Lambda",
        status=PASSED if limit >= USUAL_CONCURRENCY else NOTED,
        sentence=f"{limit} executions at a time"
        + ("" if limit >= USUAL_CONCURRENCY else "; ask AWS for more (Service Quotas, Lambda)."),
    )


def _instance_quota(account: Account, config: StageConfig) -> str:
    wanted = f"{config.endpoint_instance_type} for endpoint usage"
    quotas = account.session.client("service-quotas").get_paginator("list_service_quotas")
    for page in quotas.paginate(ServiceCode="sagemaker"):
        for quota in page["Quotas"]:
            if quota["QuotaName"] == wanted:
                if quota["Value"] < config.endpoint_instance_count:
                    raise DeploymentRefused(
                        f"the quota of {wanted} is {quota['Value']:.0f}, and the stage needs "
                        f"{config.endpoint_instance_count}: ask AWS for more (Service Quotas, "
                        "SageMaker)."
                    )
                return f"{quota['Value']:.0f} of {wanted}"
    raise DeploymentRefused(f"SageMaker has no quota {wanted}: is the instance type right?")


def _archive(account: Account, config: StageConfig, planned: Artefacts | None) -> str:
    version = model_version(account, config, planned=planned)
    if version not in manifest_versions(config):
        raise DeploymentRefused(
            f"the archive holds model {version}, whose manifest is not in model_manifests: the "
            "policy would refuse all its answers."
        )
    return f"{config.model_data_url}, model {version}"


def _known_models(config: StageConfig, in_force: DeploymentRecord | None) -> str:
    versions = manifest_versions(config)
    if in_force is not None and in_force.model_version not in versions:
        raise DeploymentRefused(
            f"model_manifests must still name model {in_force.model_version}: it answers until the "
            "endpoint has changed, and a policy without it would refuse its answers."
        )
    return f"knows {', '.join(versions)}"
