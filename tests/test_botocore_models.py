"""Tests share botocore's models, which are read once and are equal to those that botocore reads."""

import boto3
from botocore.loaders import Loader


def test_sessions_share_their_models() -> None:
    first, second = (boto3.Session()._session.get_component("data_loader") for _ in range(2))
    assert first is not second
    assert first.load_data("endpoints") is second.load_data("endpoints")


def test_every_service_has_its_own_model() -> None:
    models = [Loader().load_service_model(name, "service-2") for name in ("s3", "sqs")]
    assert [model["metadata"]["serviceId"] for model in models] == ["S3", "SQS"]
