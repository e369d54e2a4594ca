"""The stage serves the synthesized stack on loopback only, and its errors state the reason."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from infra.local.errors import DeploymentFailed, PortTaken, ProcessFailed
from infra.local.process.bound_socket import bound_socket
from infra.local.stage.stage import LocalStage, running_stage
from tests.e2e.emulator.processes_of import listening_addresses, processes_below
from tests.e2e.emulator.small_assembly import write_assembly

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.e2e

APP = "tests.e2e.emulator.small_assembly:create_app"
CAPTURED_WITHIN_S = 10


@pytest.fixture(scope="module")
def stage(
    assembly: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalStage, Path]]:
    """A running stage, and where its run directory is."""
    runs = tmp_path_factory.mktemp("runs")
    with running_stage(runs, assembly=assembly, serving_app=APP) as it:
        yield it, runs


def test_a_synthesized_function_runs_from_its_asset(stage: tuple[LocalStage, Path]) -> None:
    function = stage[0].outputs["Function"]
    response = stage[0].session().client("lambda").invoke(FunctionName=function)
    assert json.loads(response["Payload"].read()) == "packaged"


def test_the_bucket_of_the_assets_is_left_to_a_bootstrap(stage: tuple[LocalStage, Path]) -> None:
    buckets = stage[0].session().client("s3").list_buckets()["Buckets"]
    assert not [bucket for bucket in buckets if bucket["Name"].startswith("cdk-")]


def test_an_invocation_is_served_and_captured(stage: tuple[LocalStage, Path]) -> None:
    runtime = stage[0].session().client("sagemaker-runtime")
    response = runtime.invoke_endpoint(
        EndpointName="scones-local-vehicle",
        Body=b"\xff\xd8wire",
        ContentType="image/jpeg",
        InferenceId="a" * 64,
    )
    assert json.loads(response["Body"].read())["model_version"] == "v"
    assert response["InvokedProductionVariant"] == "AllTraffic"

    line = _captured(stage[0].session().client("s3"))
    record = json.loads(line)
    assert record["eventMetadata"]["inferenceId"] == "a" * 64
    assert list(record["captureData"]) == ["endpointOutput"]
    assert record["captureData"]["endpointOutput"]["encoding"] == "JSON"


def test_all_processes_listen_on_loopback_only(stage: tuple[LocalStage, Path]) -> None:
    pids = set(stage[0].processes.values())
    addresses = listening_addresses(pids | processes_below(pids))
    assert len(addresses) == 2
    assert all(address.is_loopback for address in addresses)


def test_the_environment_suffices_for_any_sdk(
    stage: tuple[LocalStage, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in stage[0].environment.items():
        monkeypatch.setenv(name, value)
    assert boto3.Session().client("s3").list_buckets()["Buckets"]


def test_the_users_settings_do_not_reach_the_stage(
    stage: tuple[LocalStage, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_PROFILE", "absent")
    assert stage[0].client("s3").list_buckets()["Buckets"]


def test_temporary_files_stay_in_the_run_directory(stage: tuple[LocalStage, Path]) -> None:
    stage[0].client("lambda").invoke(FunctionName=stage[0].outputs["Function"])
    [run] = stage[1].iterdir()
    assert list(run.glob("emulator/ministack-lambda-*"))


def test_two_stages_run_beside_each_other(stage: tuple[LocalStage, Path], assembly: Path) -> None:
    with running_stage(stage[1], assembly=assembly, serving_app=APP) as second:
        assert second.endpoint_url != stage[0].endpoint_url
        assert stage[0].client("s3").list_buckets()["Buckets"]
    assert len(list(stage[1].iterdir())) == 1


def test_the_error_names_a_port_in_use(assembly: Path, tmp_path: Path) -> None:
    with (
        bound_socket() as used,
        pytest.raises(PortTaken, match=str(used.port)),
        running_stage(tmp_path, assembly=assembly, serving_app=APP, port=used.port),
    ):
        pass


def test_the_error_of_an_unusable_model_holds_its_log(assembly: Path, tmp_path: Path) -> None:
    app = "tests.e2e.emulator.small_assembly:absent"
    with (
        pytest.raises(ProcessFailed, match=r"endpoint ended while starting[\s\S]*absent"),
        running_stage(tmp_path, assembly=assembly, serving_app=app),
    ):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ({"Type": "AWS::SageMaker::Endpoint"}, "Unrecognized resource types"),
        (
            {
                "Type": "AWS::SecretsManager::SecretTargetAttachment",
                "Properties": {"SecretId": "s", "TargetId": "t", "TargetType": "absent"},
            },
            r"Broken \(.*\): .*absent is not supported",
        ),
    ],
)
def test_the_error_of_a_refused_template_holds_the_reason(
    tmp_path: Path, resource: dict[str, object], reason: str
) -> None:
    assembly = write_assembly(tmp_path / "assembly", {"Broken": resource})
    with (
        pytest.raises(DeploymentFailed, match=reason),
        running_stage(tmp_path / "runs", assembly=assembly, serving_app=APP),
    ):
        pass


def _captured(s3: "S3Client") -> str:
    bucket = "scones-local-capture-000000000000-us-east-1"
    deadline = time.monotonic() + CAPTURED_WITHIN_S
    while time.monotonic() < deadline:
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            assert item["Key"].startswith("data-capture/scones-local-vehicle/AllTraffic/")
            return s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
        time.sleep(0.1)
    pytest.fail("no capture file")
