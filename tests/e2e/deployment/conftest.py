"""Stage `dev` on an emulator of its own, deployed by the commands and the real CDK command line."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.config import stage_settings
from infra.local.account import ACCOUNT, CREDENTIALS, REGION
from infra.local.cloud_assembly.packages import uploadable
from infra.local.cloud_assembly.reader import read_stack
from infra.local.emulator.spec import emulator_spec
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import run_process
from infra.local.process.run_directory import run_directory
from infra.local.sagemaker.capture_lines import CaptureSettings
from infra.local.sagemaker.spec import endpoint_spec
from infra.local.stage.sessions import StageSession
from infra.local.stage.stage import ASSET_CACHE, MODEL, SERVING_APP
from infra.operations.deployment.account import Account, pipeline_stack
from infra.operations.deployment.deploy import assembly_of
from infra.operations.target import Target
from infra.synthesis.synth import synthesize
from tests.conftest import ROOT

READY_WITHIN_S = 60
COMMAND_WITHIN_S = 300
Json = dict[str, Any]  # JSON that a command prints
FIRST = "s3://scones-dev-models/vehicle/1/model.tar.gz"
SECOND = "s3://scones-dev-models/vehicle/2/model.tar.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """An account on the emulator, and a file of the stage `dev` that names it."""

    session: StageSession
    stages: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> tuple[Json, str]:
        """Run a command of `scones`; return its document, and what it showed meanwhile."""
        result = subprocess.run(
            [sys.executable, "-m", "infra.cli", *words, "--stages", str(self.stages), "--json"],
            cwd=ROOT,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
        )
        assert result.returncode == 0, result.stderr + result.stdout
        document: Json = json.loads(result.stdout)
        return document, result.stderr

    def file(self) -> str:
        return (self.stages / "dev.toml").read_text(encoding="utf-8")

    def target(self) -> Target:
        target = Account(session=self.session, account=ACCOUNT, region=REGION).target("dev")
        assert target is not None
        return target


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """An empty account, and the endpoint that its workflow will call."""
    if not (ROOT / "node_modules" / "aws-cdk").is_dir():
        pytest.skip("the CDK command line is not installed: `npm ci` installs it")
    stages = tmp_path_factory.mktemp("stages")
    committed = (ROOT / "stages" / "dev.toml").read_text(encoding="utf-8")
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/scones-serving:1"
    (stages / "dev.toml").write_text(
        committed.replace('model_image_uri = ""', f'model_image_uri = "{image}"')
        .replace('model_data_url = ""', f'model_data_url = "{FIRST}"')
        .replace('# account = "123456789012"', f'account = "{ACCOUNT}"')
        .replace('# region = "eu-central-1"', f'region = "{REGION}"\npackage_target = "host"'),
        encoding="utf-8",
    )
    name = stage_settings("dev", folder=stages).endpoint_name
    with (
        run_directory(tmp_path_factory.mktemp("runs")) as run,
        bound_socket() as emulator_socket,
        bound_socket() as runtime_socket,
        run_process(
            emulator_spec(
                directory=run / "emulator",
                bound_socket=emulator_socket,
                runtime_url=runtime_socket.url,
                enforce_iam=True,
                workers=2,
            )
        ) as emulator,
        run_process(
            endpoint_spec(
                directory=run / "endpoint",
                bound_socket=runtime_socket,
                name=name,
                serving_app=SERVING_APP,
                model_dir=MODEL,
                capture=CaptureSettings(
                    destination=f"s3://scones-dev-capture-{ACCOUNT}-{REGION}/data-capture",
                    sampling_percentage=0,
                    modes=frozenset({"Output"}),
                    json_content_types=("application/json",),
                    csv_content_types=(),
                ),
                emulator_url=emulator_socket.url,
            )
        ) as endpoint,
    ):
        emulator.await_health(READY_WITHIN_S)
        endpoint.await_health(READY_WITHIN_S)
        _zip_beforehand(stages)
        yield Sandbox(
            session=StageSession({}, emulator_socket.url),
            stages=stages,
            environment={
                **{
                    name: value for name, value in os.environ.items() if "PROXY" not in name.upper()
                },
                **CREDENTIALS,
                "AWS_ENDPOINT_URL": emulator_socket.url,
                "NO_PROXY": "127.0.0.1",
            },
        )


def _zip_beforehand(stages: Path) -> None:
    """Put the packages' zips, which other tests have made, where CDK caches its own.

    Without them it takes its time to compress the same files once more.
    """
    assembly = synthesize("dev", assembly_of("dev"), stages=stages)
    cache = assembly / ".cache"
    cache.mkdir(exist_ok=True)
    for asset in read_stack(assembly, pipeline_stack("dev")).assets:
        if asset.is_folder:
            shutil.copyfile(uploadable(asset, ASSET_CACHE), cache / f"{asset.name}.zip")


@pytest.fixture(scope="session")
def deployed(sandbox: Sandbox) -> tuple[Json, str]:
    """The first deployment: its document, and what it showed."""
    return sandbox.run("deploy", "dev", "--yes")
