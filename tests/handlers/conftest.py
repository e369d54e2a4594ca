"""Fixtures: a Lambda context, AWS under moto, and a client of both APIs."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

from tests.handlers.api_client import Api, build

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@pytest.fixture
def context() -> "LambdaContext":
    attributes = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: 10_000,
    )
    return cast("LambdaContext", attributes)  # Powertools reads these five


@pytest.fixture
def aws() -> Iterator[None]:
    # The session is kept, because reading botocore's models takes longer than any test.
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        yield


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, aws: None, context: "LambdaContext") -> Api:
    """A client of both APIs, with empty tables behind them."""
    del aws
    build(monkeypatch)
    return Api(context=context)
