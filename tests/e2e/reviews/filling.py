"""Fills a stage with open reviews of photos that went through the workflow."""

import time
from pathlib import Path
from typing import Any

from infra.demo.samples import draw_samples
from infra.local.stage.stage import LocalStage
from tests.e2e.reviews.copying import Copier

TIMEOUT_S = 300  # long, because machines that run tests are busy
_PICTURES = ("bicycle-red.jpg", "motorcycle-black.jpg", "empty-street.jpg", "too-dark-004.jpg")
_LOW_THRESHOLD = '{"threshold": 0.5, "allow_below_calibrated": true}'


def review_everything(stage: LocalStage) -> None:
    """Audit every assigned photo, so that every readable photo has an open review."""
    # The pictures are drawings; a low threshold lets the model assign them all the same.
    stage.client("ssm").put_parameter(
        Name=stage.outputs["PolicyOverrideParameter"],
        Value=_LOW_THRESHOLD,
        Type="String",
    )
    set_environment(stage, "FilterFunction", AUDIT_SHARE="1.0")


def set_environment(stage: LocalStage, output: str, **variables: str) -> None:
    """Change a function's settings, as an operator would."""
    client, name = stage.client("lambda"), stage.outputs[output]
    before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**before, **variables}}
    )


def fill(stage: LocalStage, folder: Path, *, photos: int) -> None:
    """Send a few photos through the workflow and copy them, until there are `photos` reviews."""
    draw_samples(folder)
    s3, bucket = stage.client("s3"), stage.outputs["IntakeBucket"]
    for index, name in enumerate(_PICTURES):
        body = (folder / name).read_bytes()
        s3.put_object(Bucket=bucket, Key=f"intake/driver-{index % 2}/{index}.jpg", Body=body)
    client = stage.client("stepfunctions")
    deadline = time.monotonic() + TIMEOUT_S
    while len(open_reviews(stage)) < len(_PICTURES) or _is_running(stage, client):
        assert time.monotonic() < deadline, (
            f"{len(open_reviews(stage))} of {len(_PICTURES)} photos arrived"
        )
        time.sleep(0.3)
    Copier(stage).multiply(until=photos)


def open_reviews(stage: LocalStage) -> list[dict[str, Any]]:
    """Return the keys of photos with an open review, from the index."""
    pages = (
        stage.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stage.outputs["PhotosTable"],
            IndexName="by_review",
            KeyConditionExpression="review = :open",
            ExpressionAttributeValues={":open": {"S": "open"}},
            ProjectionExpression="photo_id",
        )
    )
    return [item for page in pages for item in page["Items"]]


def _is_running(stage: LocalStage, client: Any) -> bool:
    arn = stage.outputs["StateMachineArn"]
    return bool(client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"])


def send_again(stage: LocalStage, *, every: int) -> int:
    """Send every n-th message a second time, as a sweep or SQS may; return their number."""
    sqs, url = stage.client("sqs"), stage.outputs["ReviewQueueUrl"]
    bodies = [f'{{"photo_id": "{item["photo_id"]["S"]}"}}' for item in open_reviews(stage)]
    for body in bodies[::every]:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    return len(bodies[::every])


def messages_left(stage: LocalStage) -> int:
    """Return the number of messages that are visible, in flight or delayed."""
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    response = stage.client("sqs").get_queue_attributes(
        QueueUrl=stage.outputs["ReviewQueueUrl"], AttributeNames=names
    )
    return sum(int(response["Attributes"][name]) for name in names)
