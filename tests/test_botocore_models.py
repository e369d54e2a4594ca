"""What tests share of botocore is read once, and is what botocore reads."""

import boto3
from botocore.loaders import Loader


def test_sessions_share_the_models_that_they_read() -> None:
    first, second = (boto3.Session()._session.get_component("data_loader") for _ in range(2))
    assert first is not second
    assert first.load_data("endpoints") is second.load_data("endpoints")


def test_each_service_has_its_own_model() -> None:
    models = [Loader().load_service_model(name, "service-2") for name in ("s3", "sqs")]
    assert [model["metadata"]["serviceId"] for model in models] == ["S3", "SQS"]
