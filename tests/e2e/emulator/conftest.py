"""A patched emulator for each module of these tests, and short ways to use it."""

import contextlib
import io
import json
import time
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.account import ACCOUNT
from infra.local.emulator.spec import emulator_spec
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import RunningProcess, run_process
from infra.local.process.run_directory import run_directory
from infra.local.stage.sessions import StageSession
from tests.e2e.emulator.small_assembly import write_assembly

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# Any: JSON that the tests write.
Json = dict[str, Any]

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulated:
    """The emulator under test."""

    session: StageSession
    process: RunningProcess

    def execute(self, definition: Json, data: object = None, *, wait_s: float = 20) -> Json:
        """Run a state machine to its end and return the execution's description."""
        machines: SFNClient = self.session.client("stepfunctions")
        machine = machines.create_state_machine(
            name=f"m-{uuid.uuid4()}", definition=json.dumps(definition), roleArn=ROLE
        )
        arn = machines.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps(data or {})
        )["executionArn"]
        return finished(machines, arn, wait_s=wait_s)

    def function(self, source: str, *, role: str = ROLE, timeout_s: int = 10) -> str:
        """Create a Lambda function whose module is `source`, with `handler`; return its name."""
        functions = self.session.client("lambda")
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("entry.py", source)
        name = f"f-{uuid.uuid4()}"
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="entry.handler",
            Timeout=timeout_s,
            Code={"ZipFile": content.getvalue()},
        )
        return name


def finished(machines: "SFNClient", arn: str, *, wait_s: float = 20) -> Json:
    """Wait for an execution to end and return its description, with its output parsed."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        description: Json = dict(machines.describe_execution(executionArn=arn))
        if description["status"] != "RUNNING":
            if "output" in description:
                description["output"] = json.loads(description["output"])
            return description
        time.sleep(0.05)
    pytest.fail(f"{arn} still runs after {wait_s} s")


def invoking(function: str, **fields: object) -> Json:
    """Return a task state that invokes a function with the state's input."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": 15,
        "End": True,
        **fields,
    }


def machine(**states: Json) -> Json:
    """Return a definition that starts with the first of the states."""
    return {"StartAt": next(iter(states)), "States": states}


@contextlib.contextmanager
def emulator(directory: Path, *, enforce_iam: bool = False, workers: int = 2) -> Iterator[Emulated]:
    """Run a patched emulator without any stack."""
    with (
        run_directory(directory) as run,
        bound_socket() as emulator_socket,
        run_process(
            emulator_spec(
                directory=run / "emulator",
                bound_socket=emulator_socket,
                runtime_url="http://127.0.0.1:1",
                enforce_iam=enforce_iam,
                workers=workers,
            )
        ) as process,
    ):
        process.await_health(60)
        yield Emulated(session=StageSession({}, emulator_socket.url), process=process)


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """An emulator without IAM, started from an environment that it must not pass on."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SECRET_OF_THE_USER", "AWS_PROFILE", "HTTP_PROXY", "PYTHONPATH"):
            patch.setenv(name, "absent")
        with emulator(tmp_path_factory.mktemp("runs")) as it:
            yield it


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    """An emulator that enforces IAM."""
    with emulator(tmp_path_factory.mktemp("runs"), enforce_iam=True) as it:
        yield it


def role(emulated: Emulated, *, allowing: Json | None) -> str:
    """Create a role of a Lambda function with one statement, or without permissions."""
    roles = emulated.session.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    name = f"r-{uuid.uuid4()}"
    arn: str = roles.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    if allowing is not None:
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **allowing}]}
        roles.put_role_policy(RoleName=name, PolicyName="only", PolicyDocument=json.dumps(policy))
    return arn


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cloud assembly of one small stack."""
    return write_assembly(tmp_path_factory.mktemp("assembly"))
