"""What would fail during a deployment is refused before it, with one sentence."""

import io
import json
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from infra.config import STAGES, StageConfig
from infra.operations.deployment import account, cdk_cli, preflight
from infra.operations.deployment.account import Account
from infra.operations.deployment.errors import DeploymentRefused, ImageNotBuilt
from infra.operations.deployment.serving_image import (
    ServingImage,
    check_image,
    platform_of,
)
from tests.infra.conftest import RELEASE
from tests.infra.operations.deployment.test_history import a_record

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = replace(
    STAGES["prod"],
    account="123456789012",
    region="eu-central-1",
    model_image_uri=RELEASE["model_image_uri"],
    model_data_url=RELEASE["model_data_url"],
)


class StubbedSession:
    """A session with stubbed clients."""

    def __init__(self) -> None:
        self.real = boto3.Session()
        self.stubs: dict[str, Stubber] = {}
        self.clients: dict[str, Any] = {}

    def stub(self, service: str, operation: str, answer: Mapping[str, Any]) -> None:
        client = self.client(service)
        if service not in self.stubs:
            self.stubs[service] = Stubber(client)
            self.stubs[service].activate()
        self.stubs[service].add_response(operation, dict(answer))

    def get_partition_for_region(self, region: str) -> str:
        return self.real.get_partition_for_region(region)

    def stub_error(self, service: str, operation: str, code: str) -> None:
        self.stubs[service] = Stubber(self.client(service))
        self.stubs[service].activate()
        self.stubs[service].add_client_error(operation, code)

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.real.client(  # type: ignore[call-overload] # any service
                service,
                region_name="eu-central-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 # moto's
            )
        return self.clients[service]


@pytest.fixture
def session() -> StubbedSession:
    return StubbedSession()


def an_account(session: StubbedSession) -> Account:
    return Account(
        session=cast("boto3.Session", session), account="123456789012", region="eu-central-1"
    )


def account_results(session: StubbedSession, *, limit: int, instances: float) -> dict[str, str]:
    session.stub(
        "lambda", "get_account_settings", {"AccountLimit": {"ConcurrentExecutions": limit}}
    )
    quotas = [
        {"QuotaName": "ml.c5.large for training job usage", "Value": 20.0},
        {"QuotaName": "ml.c5.large for endpoint usage", "Value": instances},
    ]
    session.stub("service-quotas", "list_service_quotas", {"Quotas": quotas})
    results = preflight.check_account(an_account(session), CONFIG)
    return {result.check: result.status for result in results}


def test_an_account_with_the_usual_quotas_passes(session: StubbedSession) -> None:
    assert account_results(session, limit=1_000, instances=4) == {
        "account": "passed",
        "Lambda": "passed",
        "instances": "passed",
    }


def test_a_new_accounts_concurrency_is_noted_and_a_missing_instance_refused(
    session: StubbedSession,
) -> None:
    results = account_results(session, limit=10, instances=0)
    assert (results["Lambda"], results["instances"]) == ("noted", "refused")


@pytest.fixture
def image(session: StubbedSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Stub an image by the media type of its manifest and its processor."""

    def stub(kind: str, processor: str = "amd64") -> Any:
        manifest = json.dumps({"config": {"digest": "sha256:" + "0" * 64}})
        stored = {"imageManifest": manifest, "imageManifestMediaType": kind}
        session.stub("ecr", "batch_get_image", {"images": [stored]})
        if kind == DOCKER:
            url = "https://registry.example.com/layer"
            session.stub("ecr", "get_download_url_for_layer", {"downloadUrl": url})
        body = json.dumps({"os": "linux", "architecture": processor}).encode()
        monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **_options: io.BytesIO(body))
        return session.client("ecr")

    yield stub
    for stubber in session.stubs.values():
        stubber.assert_no_pending_responses()


def test_an_image_with_a_docker_manifest_of_the_right_processor_passes(image: Any) -> None:
    assert "linux/amd64" in check_image(image(DOCKER), CONFIG)
    graviton = replace(CONFIG, endpoint_instance_type="ml.c7g.large")
    assert "linux/arm64" in check_image(image(DOCKER, "arm64"), graviton)


@pytest.mark.parametrize(
    ("kind", "processor", "sentence"),
    [
        (INDEX, "amd64", "which SageMaker refuses"),
        (DOCKER, "arm64", r"built for linux/arm64, and ml\.c5\.large needs linux/amd64"),
    ],
)
def test_an_image_that_sagemaker_could_not_run_is_refused(
    image: Any, kind: str, processor: str, sentence: str
) -> None:
    with pytest.raises(DeploymentRefused, match=sentence):
        check_image(image(kind, processor), CONFIG)


def test_an_image_that_does_not_exist_is_refused(session: StubbedSession) -> None:
    session.stub("ecr", "batch_get_image", {"images": []})
    with pytest.raises(DeploymentRefused, match="there is no image"):
        check_image(session.client("ecr"), CONFIG)


@pytest.mark.parametrize(
    ("instance_type", "platform"),
    [
        ("ml.c5.large", "linux/amd64"),
        ("ml.g5.xlarge", "linux/amd64"),
        ("ml.c7g.large", "linux/arm64"),
        ("ml.m6gd.large", "linux/arm64"),
    ],
)
def test_the_platform_is_that_of_the_instance(instance_type: str, platform: str) -> None:
    assert platform_of(instance_type) == platform


def serving_image(session: StubbedSession) -> ServingImage:
    return ServingImage.of_sources(an_account(session), platform="linux/amd64")


def test_an_image_of_these_sources_is_built_once(session: StubbedSession) -> None:
    session.stub("ecr", "batch_get_image", {"images": [{"imageManifest": "{}"}]})
    image = serving_image(session)
    assert image.exists(session.client("ecr"))
    named = replace(CONFIG, model_image_uri=image.uri).model_image()
    assert named.groupdict() == {
        "account": "123456789012",
        "region": "eu-central-1",
        "repository": "scones-serving",
    }


def test_an_image_is_missing_where_the_account_has_no_repository_yet(
    session: StubbedSession,
) -> None:
    session.stub_error("ecr", "batch_get_image", "RepositoryNotFoundException")
    assert not serving_image(session).exists(session.client("ecr"))


def test_without_a_tool_that_builds_images_the_deployment_says_so(
    session: StubbedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ImageNotBuilt, match="start Docker, or install buildah"):
        serving_image(session).build(session.client("ecr"), show=lambda _line: None)


@pytest.mark.parametrize(
    ("identity", "config", "sentence"),
    [
        ("210987654321", CONFIG, "for account 210987654321, and stages/prod.toml names 123456"),
        ("123456789012", replace(CONFIG, account=None), "account is not set; fill in its line"),
        ("123456789012", replace(CONFIG, region=None), "region is not set; fill in its line"),
    ],
)
def test_another_account_than_the_files_is_refused(
    session: StubbedSession,
    monkeypatch: pytest.MonkeyPatch,
    identity: str,
    config: StageConfig,
    sentence: str,
) -> None:
    # Not boto3's own name, of which boto3 makes its default session.
    monkeypatch.setattr(account, "boto3", SimpleNamespace(Session=lambda **_options: session))
    session.stub("sts", "get_caller_identity", {"Account": identity})
    with pytest.raises(DeploymentRefused, match=sentence):
        Account.of_stage(config)


@pytest.mark.parametrize(("version", "result"), [("30", "passed"), ("5", "noted")])
def test_an_old_bootstrap_is_renewed(
    session: StubbedSession, tmp_path: Path, version: str, result: str
) -> None:
    properties = {
        "requiresBootstrapStackVersion": 6,
        "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/hnb659fds/version",
    }
    manifest = {"artifacts": {"stack": {"properties": properties}, "tree": {}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    session.stub("ssm", "get_parameter", {"Parameter": {"Value": version}})
    assert preflight.check_bootstrap(an_account(session), tmp_path).status == result


def test_the_model_that_still_answers_stays_in_the_policy() -> None:
    emulator = Account(session=boto3.Session(), account="000000000000", region="us-east-1")
    results = preflight.check_artefacts(emulator, CONFIG, in_force=a_record("another"))
    policy = next(iter(results))
    assert (policy.check, policy.status) == ("policy", "refused")
    assert "must still name model another" in policy.sentence


def test_another_cdk_than_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdk_cli, "_PACKAGE", tmp_path)
    with pytest.raises(DeploymentRefused, match="is not installed: run `npm ci`"):
        cdk_cli.check_version()
    (tmp_path / "package.json").write_text('{"version": "3.0.0"}', encoding="utf-8")
    with pytest.raises(DeploymentRefused, match=r"is 3\.0\.0: run `npm ci`"):
        cdk_cli.check_version()
