"""The emulated Lambda: bounded processes, AWS's error names, roles that are enforced."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.e2e.emulator.conftest import Emulated, Json, invoking, machine, role

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.e2e

RAISES = """
class EndpointBusy(Exception):
    pass

def handler(event, context):
    raise EndpointBusy("later")
"""
COUNTS = """
import os
calls = 0

def handler(event, context):
    global calls
    calls += 1
    if event.get("raise"):
        raise ValueError("no")
    return {"calls": calls, "process": os.getpid()}
"""
SLEEPS = """
import os, time

def handler(event, context):
    time.sleep(0.5)
    return os.getpid()
"""
READS = """
import boto3

def handler(event, context):
    body = boto3.client("s3").get_object(Bucket=event["bucket"], Key=event["key"])["Body"]
    return body.read().decode()
"""


def test_the_exception_class_is_the_error_name(emulated: Emulated) -> None:
    task = invoking(emulated.function(RAISES))
    caught = {"ErrorEquals": ["EndpointBusy"], "ResultPath": "$.error", "Next": "Caught"}
    ended = emulated.execute(machine(A={**task, "Catch": [caught]}, Caught={"Type": "Succeed"}))
    error = ended["output"]["error"]
    cause = json.loads(error["Cause"])
    assert error["Error"] == cause["errorType"] == "EndpointBusy"
    assert cause["errorMessage"] == "later"
    assert any("in handler" in line for line in cause["stackTrace"])
    assert cause["requestId"]


def test_a_raising_handler_keeps_its_process(emulated: Emulated) -> None:
    function = emulated.function(COUNTS)
    first = _invoke(emulated, function, {})
    assert _invoke(emulated, function, {"raise": True})["errorType"] == "ValueError"
    again = _invoke(emulated, function, {})
    assert (again["calls"], again["process"]) == (3, first["process"])


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("import os; os._exit(1)", "Runtime.ExitError"),
        ("import time; time.sleep(9)", "Sandbox.Timedout"),
    ],
)
def test_dead_and_late_processes_have_aws_names(
    emulated: Emulated, statement: str, name: str
) -> None:
    source = f"def handler(event, context):\n    {statement}\n"
    function = emulated.function(source, timeout_s=1)
    assert emulated.execute(machine(A=invoking(function)))["error"] == name


def test_a_task_that_takes_too_long_times_out(emulated: Emulated) -> None:
    function = emulated.function("import time\ndef handler(*_):\n    time.sleep(4)\n")
    ended = emulated.execute(machine(A=invoking(function, TimeoutSeconds=1)))
    assert ended["error"] == "States.Timeout"


def test_a_throttled_function_has_its_aws_name(emulated: Emulated) -> None:
    function = emulated.function(COUNTS)
    emulated.session.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )
    ended = emulated.execute(machine(A=invoking(function)))
    assert ended["error"] == "Lambda.TooManyRequestsException"


def test_a_burst_is_queued_for_two_processes(emulated: Emulated) -> None:
    """Of sixteen executions, the last waits longer than its task may take."""
    function = emulated.function(SLEEPS)
    definition = machine(A=invoking(function, TimeoutSeconds=3))
    with ThreadPoolExecutor(16) as pool:
        executions = list(pool.map(lambda _: emulated.execute(definition), range(16)))
    assert {execution["status"] for execution in executions} == {"SUCCEEDED"}
    assert len({execution["output"] for execution in executions}) == 2


def test_direct_calls_use_two_processes_too(emulated: Emulated) -> None:
    function = emulated.function(SLEEPS)
    with ThreadPoolExecutor(6) as pool:
        processes = list(pool.map(lambda _: _invoke(emulated, function, {}), range(6)))
    assert len(set(processes)) <= 2


def test_a_function_has_only_the_stages_environment(emulated: Emulated) -> None:
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
    seen = _invoke(emulated, emulated.function(source), {})
    assert seen["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert seen["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] == "http://127.0.0.1:1"
    assert "SECRET_OF_THE_USER" not in seen
    assert "PYTHONPATH" not in seen
    assert seen["LAMBDA_TASK_ROOT"] == ""  # else the X-Ray SDK leaves a file in /tmp


def test_a_role_without_the_permission_is_denied(enforcing: Emulated) -> None:
    bucket = _bucket_with_two_objects(enforcing)
    allowed = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/intake/*"}
    reader = enforcing.function(READS, role=role(enforcing, allowing=allowed))
    idle = enforcing.function(READS, role=role(enforcing, allowing=None))

    may = _invoke(enforcing, reader, {"bucket": bucket, "key": "intake/a"})
    other_key = _invoke(enforcing, reader, {"bucket": bucket, "key": "private/a"})
    other_role = _invoke(enforcing, idle, {"bucket": bucket, "key": "intake/a"})

    assert may == "content"
    for refused in (other_key, other_role):
        assert refused["errorType"] == "AccessDenied"


def test_a_bucket_that_refuses_plain_http_can_be_read(enforcing: Emulated) -> None:
    """The loopback connection counts as the TLS connection that AWS would have."""
    bucket = _bucket_with_two_objects(enforcing)
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    enforcing.session.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    allowed = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    reader = enforcing.function(READS, role=role(enforcing, allowing=allowed))
    assert _invoke(enforcing, reader, {"bucket": bucket, "key": "intake/a"}) == "content"


def test_a_reference_to_a_secret_is_its_arn(emulated: Emulated) -> None:
    """Policies of roles use `Ref` of a secret; with its name they would allow no access."""
    template = {
        "Resources": {
            "Salt": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "salt"}}
        },
        "Outputs": {"Salt": {"Value": {"Ref": "Salt"}}},
    }
    stacks = emulated.session.client("cloudformation")
    stacks.create_stack(StackName="salted", TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName="salted", WaiterConfig={"Delay": 1})
    [output] = stacks.describe_stacks(StackName="salted")["Stacks"][0]["Outputs"]
    secrets = emulated.session.client("secretsmanager")
    assert output["OutputValue"] == secrets.describe_secret(SecretId="salt")["ARN"]
    stacks.delete_stack(StackName="salted")
    stacks.get_waiter("stack_delete_complete").wait(StackName="salted", WaiterConfig={"Delay": 1})
    assert secrets.list_secrets()["SecretList"] == []


def _bucket_with_two_objects(emulated: Emulated) -> str:
    s3: S3Client = emulated.session.client("s3")
    bucket = f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    for key in ("intake/a", "private/a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"content")
    return bucket


# The result is any JSON, so its type is that of json.loads.
def _invoke(emulated: Emulated, function: str, payload: Json):  # type: ignore[no-untyped-def] # noqa: ANN202
    response = emulated.session.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(payload)
    )
    return json.loads(response["Payload"].read())
