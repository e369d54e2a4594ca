"""Sessions reach the stage whatever the user's environment holds."""

import pytest

from infra.local.stage.sessions import StageSession
from infra.local.stage.stage import LocalStage

STAGE = LocalStage(
    endpoint_url="http://127.0.0.1:1",
    runtime_url="http://127.0.0.1:2",
    outputs={},
    processes={},
)


@pytest.fixture(autouse=True)
def _users_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://elsewhere")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy")


def test_clients_have_the_stages_addresses() -> None:
    session = STAGE.session()
    assert session.client("s3").meta.endpoint_url == "http://127.0.0.1:1"
    assert session.client("sagemaker-runtime").meta.endpoint_url == "http://127.0.0.1:2"
    assert STAGE.client("sqs").meta.endpoint_url == "http://127.0.0.1:1"


def test_credentials_and_region_are_the_stages() -> None:
    session = STAGE.session()
    credentials = session.get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.token) == ("test", None)
    assert session.client("s3").meta.region_name == "us-east-1"


def test_clients_can_be_configured_further() -> None:
    session = StageSession({}, "http://127.0.0.1:1")
    assert session.client("s3", region_name="eu-west-1").meta.region_name == "eu-west-1"


def test_the_environment_suits_the_aws_command_line() -> None:
    environment = STAGE.environment
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] == "http://127.0.0.1:2"
    assert environment["AWS_SESSION_TOKEN"] == ""
