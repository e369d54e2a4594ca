"""Boto3 clients with explicit time-outs: no call may outlive the function that makes it."""

from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

    from handlers.aws.topic import SNSClient

CONNECT_TIMEOUT_S = 2
TRIES = 2


@overload
def client(
    service: Literal["dynamodb"], *, read_timeout_s: int, tries: int = ...
) -> "DynamoDBClient": ...
@overload
def client(
    service: Literal["events"], *, read_timeout_s: int, tries: int = ...
) -> "EventBridgeClient": ...
@overload
def client(service: Literal["s3"], *, read_timeout_s: int, tries: int = ...) -> "S3Client": ...
@overload
def client(
    service: Literal["sagemaker-runtime"], *, read_timeout_s: int, tries: int = ...
) -> "SageMakerRuntimeClient": ...
@overload
def client(service: Literal["sns"], *, read_timeout_s: int, tries: int = ...) -> "SNSClient": ...
@overload
def client(service: Literal["sqs"], *, read_timeout_s: int, tries: int = ...) -> "SQSClient": ...
@overload
def client(service: Literal["ssm"], *, read_timeout_s: int, tries: int = ...) -> "SSMClient": ...
@overload
def client(
    service: Literal["stepfunctions"], *, read_timeout_s: int, tries: int = ...
) -> "SFNClient": ...
# Any: the overloads have the types; one implementation serves all of them.
def client(service: Any, *, read_timeout_s: int, tries: int = TRIES) -> Any:
    """Return a client that tries a call so often at most; further retries are the workflow's."""
    limits = config(read_timeout_s=read_timeout_s, of_s3=service == "s3", tries=tries)
    return boto3.client(service, config=limits)


def config(*, read_timeout_s: int, of_s3: bool = False, tries: int = TRIES) -> Config:
    """Return the same limits for clients that a library creates.

    A signed form or link holds S3's address. By default it would be the global one, which newer
    Regions refuse, and which redirects to a new bucket elsewhere for its first hours: a browser
    does not follow a redirect of a form. An endpoint with an IP address keeps path style.
    """
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        # Only for S3: newer regions refuse forms with the older signature.
        signature_version="s3v4" if of_s3 else None,
        s3=(
            {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
            if of_s3
            else None
        ),
        retries={"mode": "standard", "total_max_attempts": tries},
    )
