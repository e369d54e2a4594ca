"""Shared by all tests: no sockets, and no AWS settings of the person who runs them."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import NoneType

import boto3
import pytest
from botocore.loaders import JSONFileLoader

ROOT = Path(__file__).parent.parent
NAMESPACE = "Scones/test"
os.environ["POWERTOOLS_METRICS_NAMESPACE"] = NAMESPACE  # read where functions are imported


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Allow end-to-end tests to use sockets on loopback; all others are refused any socket."""
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))


@pytest.fixture(scope="session", autouse=True)
def _models_read_once() -> Iterator[None]:
    """Read botocore's models once: botocore reads megabytes of JSON for every session of moto."""
    load_file = cache(JSONFileLoader().load_file)
    with pytest.MonkeyPatch.context() as patch:  # fails if botocore has no such attribute any more
        patch.setattr(JSONFileLoader, "load_file", lambda _loader, path: load_file(path))
        yield


@pytest.fixture(autouse=True)
def _scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the AWS account and settings of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "POWERTOOLS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(autouse=True)
def _default_session_is_boto3s() -> Iterator[None]:
    """Fail a test that leaves a stub behind as boto3's default session, which later tests use."""
    yield
    assert type(boto3.DEFAULT_SESSION) in (NoneType, boto3.Session)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photos and odd images that developers have beside the project."""
    folder = Path(os.environ.get("SCONES_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("no folder of third-party photos beside the project (SCONES_SHARED)")
    return folder
