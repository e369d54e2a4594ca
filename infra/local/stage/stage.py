"""The whole system on one machine: `running_stage()` starts it, deploys it and takes it away again.

Three processes: the corrected emulator, the stand-in for the SageMaker runtime, and the gateway at
which people reach the API and its page. They listen on
loopback only, keep their files in one directory, and end with the process that started them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.local.cloud_assembly.deploy import deploy, prepare, standing
from infra.local.cloud_assembly.reader import read_json, read_stack
from infra.local.gateway.spec import run_gateway
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import ROOT, RunningProcess, run_process
from infra.local.process.run_directory import run_directory
from infra.local.sagemaker.endpoint_settings import endpoint_settings
from infra.local.stage import process_specs as parts
from infra.local.stage.persistent_state import persistent_state
from infra.local.stage.sessions import StageSession

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import boto3

ASSEMBLY = ROOT / ".scones" / "cdk.out.local"
MODEL = ROOT / "training" / "shipped"
SERVING_TEMPLATE = "Scones-local-Serving.template.json"
SERVING_APP = "training.serving.app:create_app"

_RUNS = ROOT / ".scones" / "runs"
_ASSET_CACHE = ROOT / ".scones" / "assets"
_PIPELINE = "Scones-local-Pipeline"
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStage:
    """A stage that runs."""

    endpoint_url: str
    runtime_url: str
    outputs: Mapping[str, str]  # of the stack `Pipeline`
    processes: Mapping[str, int]  # process ids; each is the head of its own process group
    api_url: str = ""  # of the API and its page; empty where the stack has none
    # Empty where another process runs the stage.
    parts: tuple[RunningProcess, ...] = field(default=(), repr=False, compare=False)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which the `aws` command line and any SDK work on this stage."""
        return {
            **parts.CREDENTIALS,
            "AWS_SESSION_TOKEN": "",  # one of the user's would not fit the key
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.runtime_url,
            "NO_PROXY": "127.0.0.1",
        }

    def session(self) -> boto3.Session:
        """A session whose clients reach this stage, whatever the environment says."""
        return _session(self.endpoint_url, self.runtime_url)

    # Any: which client it is depends on the name; `session().client(...)` is typed.
    def client(self, service: str) -> Any:  # noqa: ANN401 # above
        """A boto3 client of this stage."""
        return self.session().client(service)  # type: ignore[call-overload] # any service


@contextlib.contextmanager
def running_stage(
    run_dir: Path | None = None,
    *,
    assembly: Path = ASSEMBLY,
    model_dir: Path = MODEL,
    serving_app: str = SERVING_APP,
    enforce_iam: bool = False,
    workers: int = 2,
    port: int = 0,
    runtime_port: int = 0,
    api_port: int = 0,
    keep: Path | None = None,
) -> Iterator[LocalStage]:
    """Run the synthesized `Pipeline` until the block ends. Leaves neither process nor file.

    The run's own directory is made in `run_dir`. `workers` processes at most serve one function;
    with `enforce_iam` they can do what their roles allow. A port of 0 is any free one. With a
    folder to `keep` them in, tables, queues and buckets are as the last run left them: see `kept`.

    Raises:
        StageError: see `infra.local.errors`.
    """
    stack = read_stack(assembly, _PIPELINE)
    endpoint_name, capture = endpoint_settings(read_json(assembly / SERVING_TEMPLATE))
    with (
        run_directory(run_dir or _RUNS) as directory,
        bound_socket(port) as emulator_at,
        bound_socket(runtime_port) as runtime_at,
        bound_socket(api_port) as api_at,
        persistent_state(keep, directory / "kept") as state,
        run_process(
            parts.emulator(
                directory=directory / "emulator",
                listener=emulator_at,
                runtime_url=runtime_at.url,
                enforce_iam=enforce_iam,
                workers=workers,
                state=state,
            )
        ) as emulator,
        # Started after the emulator, so ended before it: the last capture files still find S3.
        run_process(
            parts.endpoint(
                directory=directory / "endpoint",
                listener=runtime_at,
                name=endpoint_name,
                serving_app=serving_app,
                model_dir=model_dir,
                capture=capture,
                emulator_url=emulator_at.url,
            )
        ) as endpoint,
    ):
        session = _session(emulator_at.url, runtime_at.url)
        s3, cloudformation = session.client("s3"), session.client("cloudformation")
        stack = stack.at(api_at.url)
        prepare(stack, _ASSET_CACHE)  # while the processes come up
        emulator.await_health(_READY_WITHIN_S)
        update = keep is not None and keep.exists()
        outputs = (standing(stack, cloudformation) if update else None) or deploy(
            stack, s3=s3, cloudformation=cloudformation, cache=_ASSET_CACHE, update=update
        )
        endpoint.await_health(_READY_WITHIN_S)
        with run_gateway(
            directory=directory / "gateway",
            listener=api_at,
            emulator_url=emulator_at.url,
            outputs=outputs,
        ) as door:
            started = (emulator, endpoint, *door)
            yield LocalStage(
                endpoint_url=emulator_at.url,
                runtime_url=runtime_at.url,
                outputs=outputs,
                processes={each.part.name: each.process.pid for each in started},
                api_url=api_at.url if door else "",
                parts=started,
            )


def _session(endpoint_url: str, runtime_url: str) -> boto3.Session:
    return StageSession({"sagemaker-runtime": runtime_url}, endpoint_url)
