"""The archive of a model in S3, and the manifests that the policy is made of."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra.config import STAGES, StageConfig
from infra.operations.deployment.account import Account
from infra.operations.deployment.errors import DeploymentRefused
from infra.operations.deployment.model_archive import (
    ModelArchive,
    archived_version,
    manifest_versions,
)
from infra.operations.deployment.preflight import check_artefacts
from tests.conftest import ROOT

SHIPPED = ROOT / "training" / "shipped"
ACCOUNT = "123456789012"


@pytest.fixture(params=["eu-central-1", "us-east-1"])
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with mock_aws():
        session = boto3.Session(region_name=request.param)
        yield Account(session=session, account=ACCOUNT, region=request.param)


def a_stage(url: str) -> StageConfig:
    return replace(STAGES["prod"], model_data_url=url)


def uploaded(account: Account) -> str:
    archive = ModelArchive.of_folder(SHIPPED, account, stage="prod")
    archive.upload(account.session.client("s3"), region=account.region, show=lambda _line: None)
    return archive.url


def test_an_uploaded_model_is_the_one_that_the_archive_holds(account: Account) -> None:
    url = uploaded(account)
    assert url.startswith(f"s3://scones-prod-models-{ACCOUNT}-{account.region}/vehicle/")
    s3 = account.session.client("s3")
    assert archived_version(s3, a_stage(url)) in manifest_versions(STAGES["prod"])


def test_the_same_model_is_uploaded_once_into_a_private_bucket(account: Account) -> None:
    s3 = account.session.client("s3")
    url = uploaded(account)
    assert uploaded(account) == url
    bucket = url.split("/")[2]
    assert len(s3.list_object_versions(Bucket=bucket)["Versions"]) == 1
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())


def test_an_archive_that_is_absent_or_holds_no_model_is_refused(account: Account) -> None:
    s3 = account.session.client("s3")
    url = uploaded(account)
    bucket = url.split("/")[2]
    with pytest.raises(DeploymentRefused, match=r"cannot be read \(NoSuchKey\)"):
        archived_version(s3, a_stage(f"s3://{bucket}/absent/model.tar.gz"))
    s3.put_object(Bucket=bucket, Key="bad/model.tar.gz", Body=b"not an archive")
    with pytest.raises(DeploymentRefused, match="holds no model"):
        archived_version(s3, a_stage(f"s3://{bucket}/bad/model.tar.gz"))


def test_a_folder_without_a_model_is_refused(account: Account, tmp_path: Path) -> None:
    with pytest.raises(DeploymentRefused, match="is not a model"):
        ModelArchive.of_folder(tmp_path, account, stage="prod")


def test_a_missing_manifest_is_refused_with_the_command_that_gets_it() -> None:
    config = replace(
        STAGES["prod"],
        model_manifests=("build/models/x/manifest.json",),
        model_data_url="s3://models/x/model.tar.gz",
    )
    with pytest.raises(DeploymentRefused, match=r"training unpack s3://models/x/model\.tar\.gz"):
        manifest_versions(config)


def test_the_artefact_checks_are_of_the_stage() -> None:
    """The emulator runs no image; what only AWS can show is not called passed."""
    emulator = Account(session=boto3.Session(), account="000000000000", region="us-east-1")
    results = {
        result.check: result.status
        for result in check_artefacts(emulator, STAGES["local"], in_force=None)
    }
    assert results == {"policy": "passed", "image and archive": "noted"}
