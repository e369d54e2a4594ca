"""Messages after a refusal of AWS, and of the checks before a request."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore import exceptions
from moto import mock_aws

from training.sagemaker import errors as cloud_errors
from training.sagemaker.errors import CloudError, ImageMissing, RoleMissing
from training.sagemaker.preflight import Preflight

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
OURS = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/train"


@pytest.fixture
def preflight() -> Iterator[Preflight]:
    with mock_aws():
        yield Preflight(iam=boto3.client("iam"), s3=boto3.client("s3"), ecr=boto3.client("ecr"))


def refused(code: str) -> exceptions.ClientError:
    return exceptions.ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


@pytest.mark.parametrize(
    ("error", "expected", "advice"),
    [
        (exceptions.NoCredentialsError(), cloud_errors.NoCredentials, "aws sso login"),
        (exceptions.NoRegionError(), cloud_errors.NoCredentials, "AWS_DEFAULT_REGION"),
        (refused("ExpiredToken"), cloud_errors.NoCredentials, "aws sso login"),
        (refused("AccessDeniedException"), cloud_errors.NotAllowed, "that permission"),
        (refused("ResourceLimitExceeded"), cloud_errors.QuotaExceeded, "Service Quotas"),
        (refused("NoSuchBucket"), cloud_errors.BucketMissing, "--bucket"),
        (refused("NoSuchEntity"), cloud_errors.RoleMissing, "--role"),
        (refused("ImageNotFoundException"), cloud_errors.ImageMissing, "push the image"),
        (refused("ThrottlingException"), cloud_errors.Unavailable, "try again"),
        (refused("SomethingNew"), cloud_errors.InvalidRequest, "SomethingNew"),
        (
            exceptions.EndpointConnectionError(endpoint_url="https://aws"),
            cloud_errors.Unavailable,
            "check the network",
        ),
    ],
)
def test_every_error_of_aws_has_a_class_and_advice(
    error: Exception, expected: type[CloudError], advice: str
) -> None:
    with (
        pytest.raises(expected, match=f"(?s)^doing it: .*{advice}"),
        cloud_errors.translated("doing it"),
    ):
        raise error


def test_errors_of_our_own_are_not_translated() -> None:
    with pytest.raises(ZeroDivisionError), cloud_errors.translated("doing it"):
        raise ZeroDivisionError


def a_role(preflight: Preflight, service: str) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": service}}]}
    preflight.iam.create_role(RoleName="training", AssumeRolePolicyDocument=json.dumps(trust))


def test_role_that_sagemaker_may_assume_is_accepted(preflight: Preflight) -> None:
    a_role(preflight, "sagemaker.amazonaws.com")
    preflight.check_role(ROLE)


def test_missing_role_is_named(preflight: Preflight) -> None:
    with pytest.raises(RoleMissing, match="create the role, or name another with --role"):
        preflight.check_role(ROLE)


def test_role_that_sagemaker_may_not_assume_is_refused(preflight: Preflight) -> None:
    a_role(preflight, "lambda.amazonaws.com")
    with pytest.raises(RoleMissing, match="does not trust SageMaker"):
        preflight.check_role(ROLE)


def test_role_of_another_account_is_refused(preflight: Preflight) -> None:
    a_role(preflight, "sagemaker.amazonaws.com")
    with pytest.raises(RoleMissing, match="name that one"):
        preflight.check_role("arn:aws:iam::999999999999:role/training")


def test_missing_bucket_is_named(preflight: Preflight) -> None:
    preflight.s3.create_bucket(Bucket="there-it-is")
    preflight.check_bucket("there-it-is")
    with pytest.raises(cloud_errors.BucketMissing, match="not-there"):
        preflight.check_bucket("not-there")


def test_missing_image_is_named(preflight: Preflight) -> None:
    with pytest.raises(ImageMissing, match="push the image"):
        preflight.check_image(f"{OURS}:1", account=ACCOUNT)
    preflight.ecr.create_repository(repositoryName="train")
    with pytest.raises(ImageMissing, match="push the image"):
        preflight.check_image(f"{OURS}:1", account=ACCOUNT)
    preflight.ecr.put_image(
        repositoryName="train",
        imageManifest=json.dumps({"schemaVersion": 2, "config": {}, "layers": []}),
        imageManifestMediaType="application/vnd.docker.distribution.manifest.v2+json",
        imageTag="1",
    )
    preflight.check_image(f"{OURS}:1", account=ACCOUNT)


@pytest.mark.parametrize("image", ["", "train:latest", OURS, f"{OURS}:", "docker.io/train:1"])
def test_address_that_is_not_an_image_is_refused(preflight: Preflight, image: str) -> None:
    with pytest.raises(ImageMissing, match="not an image in ECR"):
        preflight.check_image(image, account=ACCOUNT)


def test_images_of_other_accounts_are_not_looked_up(preflight: Preflight) -> None:
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.13-cpu-amzn2023-sagemaker"
    preflight.check_image(image, account=ACCOUNT)
