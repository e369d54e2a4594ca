"""Runs the whole system on one machine: `running_stage()` starts it, deploys it and removes it.

It has three processes: the patched emulator, the stand-in for the SageMaker runtime, and the
gateway of the API and the review page. They listen on loopback only, keep their files in one
directory, and end with the process that started them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.local.account import CREDENTIALS
from infra.local.cloud_assembly.deploy import deploy, deployed_outputs, prepare
from infra.local.cloud_assembly.reader import read_json, read_stack, web_apps
from infra.local.emulator.spec import emulator_spec
from infra.local.gateway.spec import run_gateway
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import ROOT, RunningProcess, run_process
from infra.local.process.run_directory import run_directory
from infra.local.sagemaker.endpoint_settings import endpoint_settings
from infra.local.sagemaker.spec import endpoint_spec
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
ASSET_CACHE = ROOT / ".scones" / "assets"

_RUNS = ROOT / ".scones" / "runs"
_PIPELINE = "Scones-local-Pipeline"
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStage:
    """The addresses, outputs and processes of a running stage."""

    endpoint_url: str
    runtime_url: str
    outputs: Mapping[str, str]  # of the stack `Pipeline`
    processes: Mapping[str, int]  # process ids; each is the head of its own process group
    api_url: str = ""  # of the API and its page; empty where the stack has none
    # Empty where another process runs the stage.
    running_processes: tuple[RunningProcess, ...] = field(default=(), repr=False, compare=False)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which the `aws` command line and any SDK work on this stage."""
        return {
            **CREDENTIALS,
            "AWS_SESSION_TOKEN": "",  # the user's does not belong to this key
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.runtime_url,
            "NO_PROXY": "127.0.0.1",
        }

    def session(self) -> boto3.Session:
        """Return a session whose clients reach this stage, whatever the environment holds."""
        return _session(self.endpoint_url, self.runtime_url)

    # Any: the type of the client depends on the name; `session().client(...)` is typed.
    def client(self, service: str) -> Any:  # noqa: ANN401 # above
        """Return a boto3 client of this stage."""
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
    concurrency: int = 0,
    port: int = 0,
    runtime_port: int = 0,
    api_port: int = 0,
    keep: Path | None = None,
) -> Iterator[LocalStage]:
    """Run the synthesized `Pipeline` until the block ends. Leaves neither process nor file.

    The run's own directory is made in `run_dir`. At most `workers` processes serve one function,
    and further calls wait; beyond a limit of `concurrency`, calls of all functions are throttled
    (0: no limit). With `enforce_iam` they can do only what their roles allow. A port of 0 is any
    free one. With a folder to `keep` them in, tables, queues and buckets are as the last run left
    them: see `persistent_state`.

    Raises:
        StageError: see `infra.local.errors`.
    """
    stack = read_stack(assembly, _PIPELINE)
    endpoint_name, capture = endpoint_settings(read_json(assembly / SERVING_TEMPLATE))
    with (
        run_directory(run_dir or _RUNS) as directory,
        bound_socket(port) as emulator_socket,
        bound_socket(runtime_port) as runtime_socket,
        bound_socket(api_port) as api_socket,
        persistent_state(keep, directory / "kept") as state,
        run_process(
            emulator_spec(
                directory=directory / "emulator",
                bound_socket=emulator_socket,
                runtime_url=runtime_socket.url,
                enforce_iam=enforce_iam,
                workers=workers,
                concurrency=concurrency,
                gateway_port=api_socket.port,
                state=state,
            )
        ) as emulator,
        # Started after the emulator, so stopped before it: the last capture files still reach S3.
        run_process(
            endpoint_spec(
                directory=directory / "endpoint",
                bound_socket=runtime_socket,
                name=endpoint_name,
                serving_app=serving_app,
                model_dir=model_dir,
                capture=capture,
                emulator_url=emulator_socket.url,
            )
        ) as endpoint,
    ):
        session = _session(emulator_socket.url, runtime_socket.url)
        s3, cloudformation = session.client("s3"), session.client("cloudformation")
        stack = stack.at(api_socket.url)
        prepare(stack, ASSET_CACHE)  # while the processes come up
        emulator.await_health(_READY_WITHIN_S)
        update = keep is not None and keep.exists()
        outputs = (deployed_outputs(stack, cloudformation) if update else None) or deploy(
            stack, s3=s3, cloudformation=cloudformation, cache=ASSET_CACHE, update=update
        )
        endpoint.await_health(_READY_WITHIN_S)
        with run_gateway(
            directory=directory / "gateway",
            bound_socket=api_socket,
            emulator_url=emulator_socket.url,
            outputs=outputs,
            web_apps=web_apps(stack),
        ) as gateway:
            running_processes = (emulator, endpoint, *gateway)
            yield LocalStage(
                endpoint_url=emulator_socket.url,
                runtime_url=runtime_socket.url,
                outputs=outputs,
                processes={running.spec.name: running.process.pid for running in running_processes},
                api_url=api_socket.url if gateway else "",
                running_processes=running_processes,
            )


def _session(endpoint_url: str, runtime_url: str) -> boto3.Session:
    return StageSession({"sagemaker-runtime": runtime_url}, endpoint_url)
