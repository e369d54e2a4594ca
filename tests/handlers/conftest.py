"""A Lambda context, and the AWS services as moto plays them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@pytest.fixture
def context() -> "LambdaContext":
    named = SimpleNamespace(
        function_name="f",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
        aws_request_id="request",
    )
    return cast("LambdaContext", named)  # Powertools reads these four


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield
