"""Every kind of upload, through the packaged functions and the synthesized machine, to its end."""

import base64
import io
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from PIL import Image

from tests.e2e.chain.conftest import Chain
from tests.heic_pictures import a_heic
from tests.pictures import a_jpeg, a_picture, encoded, turned

pytestmark = pytest.mark.e2e


def test_a_confident_photo_gets_its_driver_orders(chain: Chain) -> None:
    photo = chain.upload("intake/driver-7/u-1.jpg", chain.picture(), Metadata={"order-id": "o-9"})
    row = chain.outcome(photo)
    assert (row["status"], row["vehicle"], row["order_range"]) == ("assigned", "bicycle", "nearby")
    assert (row["driver_id"], row["upload_id"], row["order_id"]) == ("driver-7", "u-1", "o-9")
    response = chain.stage.client("dynamodb").get_item(
        TableName=chain.stage.outputs["AssignmentsTable"], Key={"driver_id": {"S": "driver-7"}}
    )
    assert response["Item"]["photo_id"]["S"] == photo
    assert response["Item"]["order_range"]["S"] == "nearby"


def test_dispatch_finds_available_drivers_nearby_without_a_scan(chain: Chain) -> None:
    photo = chain.upload("intake/driver-8/u-1.jpg", chain.picture())
    row = chain.outcome(photo)
    response = chain.stage.client("dynamodb").query(
        TableName=chain.stage.outputs["AssignmentsTable"],
        IndexName="by_range",
        KeyConditionExpression="order_range = :range AND valid_until > :now",
        ExpressionAttributeValues={
            ":range": {"S": "nearby"},
            ":now": {"S": row["uploaded_at"]},
        },
    )
    assert "driver-8" in {item["driver_id"]["S"] for item in response["Items"]}


def test_the_app_finds_its_upload(chain: Chain) -> None:
    photo = chain.upload("intake/driver-9/u-findme.jpg", b"no photo")
    chain.outcome(photo)
    response = chain.stage.client("dynamodb").query(
        TableName=chain.stage.outputs["PhotosTable"],
        IndexName="by_upload",
        KeyConditionExpression="upload_id = :id",
        ExpressionAttributeValues={":id": {"S": "u-findme"}},
    )
    assert [item["photo_id"]["S"] for item in response["Items"]] == [photo]


def test_a_photo_of_something_else_waits_for_a_person(chain: Chain) -> None:
    row = chain.outcome(chain.upload("intake/d/empty.jpg", chain.picture("empty-street.jpg")))
    assert (row["status"], row["review_reason"]) == ("in_review", "no_vehicle")
    assert row["enqueued_at"]


def test_a_photo_without_a_driver_waits_for_a_person(chain: Chain) -> None:
    row = chain.outcome(chain.upload("intake/without-driver.jpg", chain.picture()))
    assert (row["status"], row["review_reason"]) == ("in_review", "no_driver")
    assert "driver_id" not in row


ODD_KEYS = [
    "intake/d1/with space.jpg",
    "intake/d1/plus+plus.jpg",
    "intake/d1/percent%2Fslash%20.jpg",
    "intake/d1/🚲 emoji 🏍️.jpg",
    'intake/d1/it\'s "quoted".jpg',
    "intake/d1/back\\slash {braces} {}.jpg",
    "intake/d1/a&b=c?d#e.jpg",
    "intake/d1/double//slash.jpg",
    "intake/ü/ドライバー.jpg",
    "intake/" + "d" * 500 + "/" + "u" * 512 + ".jpg",
]


def test_odd_keys_are_recorded_unchanged(chain: Chain) -> None:
    assert len(ODD_KEYS[-1].encode()) == 1024
    photos = {chain.upload(key, chain.picture()): key for key in ODD_KEYS}
    for photo, key in photos.items():
        row = chain.outcome(photo)
        assert row["key"] == key
        assert row["status"] in {"assigned", "in_review"}, (key, row["reason"], row["cause"])


def test_a_folder_marker_is_not_a_photo(chain: Chain) -> None:
    photo = chain.upload("intake/d1/folder/", b"")
    later = chain.upload("intake/d1/after-folder.jpg", b"x")
    chain.outcome(later)
    assert chain.row(photo) is None


def test_an_object_outside_the_intake_prefix_is_ignored(chain: Chain) -> None:
    photo = chain.upload("elsewhere/d1/u1.jpg", chain.picture())
    chain.outcome(chain.upload("intake/d1/after-elsewhere.jpg", b"x"))
    assert chain.row(photo) is None


def _png_of(width: int, height: int) -> bytes:
    return encoded(Image.new("1", (width, height)), "PNG")


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "zero bytes": (lambda: b"", "empty"),
    "text": (lambda: b"I am a text file named .jpg", "not_a_photo"),
    "gif": (lambda: encoded(a_picture(), "GIF"), "not_a_photo"),
    "20 MB": (lambda: a_jpeg() + b"\0" * 20_000_000, "too_large"),
    "100 megapixels": (lambda: _png_of(10_000, 10_000), "too_large"),
    "truncated": (lambda: a_jpeg()[:4000], "corrupt"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_rejected_with_a_reason(chain: Chain, name: str) -> None:
    make, reason = REFUSED[name]
    row = chain.outcome(chain.upload(f"intake/d1/{name}.jpg", make()))
    assert (row["status"], row["reason"]) == ("rejected", reason)
    assert row["message"].endswith(".")


def _sixteen_bits() -> bytes:
    picture = a_picture(mode="L")
    sixteen = Image.new("I;16", picture.size)
    sixteen.frombytes(b"".join(bytes((value, value)) for value in picture.tobytes()))
    return encoded(sixteen, "PNG")


READABLE: dict[str, Callable[[], bytes]] = {
    "cmyk": lambda: encoded(a_picture(mode="CMYK"), "JPEG"),
    "progressive": lambda: a_jpeg(progressive=True),
    "16 bits": _sixteen_bits,
    "palette": lambda: encoded(a_picture(mode="P"), "PNG"),
    "transparent": lambda: encoded(a_picture(mode="RGBA"), "PNG"),
    "animated png": lambda: encoded(
        a_picture(), "PNG", save_all=True, append_images=[a_picture().rotate(90)]
    ),
    "animated webp": lambda: encoded(
        a_picture(), "WEBP", save_all=True, append_images=[a_picture().rotate(90)]
    ),
    "webp": lambda: encoded(a_picture(), "WEBP"),
    "heic": lambda: a_heic(a_picture()),
    **{f"orientation {number}": partial(turned, number) for number in range(1, 9)},
}


def test_every_readable_kind_of_photo_is_classified(chain: Chain) -> None:
    photos = {chain.upload(f"intake/d2/{name}", make()): name for name, make in READABLE.items()}
    for photo, name in photos.items():
        row = chain.outcome(photo)
        assert row["status"] in {"assigned", "in_review"}, name
        assert abs(sum(row["classification"]["probabilities"].values()) - 1) < 0.001, name
        if name.startswith("orientation"):
            assert (row["quality"]["width"], row["quality"]["height"]) == (640, 480), name


def test_every_classified_photo_leaves_a_capture_record(chain: Chain) -> None:
    photo = chain.upload("intake/d3/captured.jpg", chain.picture())
    row = chain.outcome(photo)
    records = captured(chain, photo)
    assert len(records) == 1
    data = records[0]["captureData"]
    assert data["endpointInput"]["encoding"] == "BASE64"
    assert data["endpointOutput"]["encoding"] == "JSON"
    response = json.loads(data["endpointOutput"]["data"])
    assert response["model_version"] == row["model_version"]
    wire_image = Image.open(io.BytesIO(base64.b64decode(data["endpointInput"]["data"])))
    assert (wire_image.format, max(wire_image.size)) == ("JPEG", 224)


def captured(chain: Chain, photo: str) -> list[dict[str, Any]]:
    """Return the photo's capture records; they are written a moment after the invocation."""
    s3, bucket = chain.stage.client("s3"), chain.stage.outputs["CaptureBucket"]
    for _ in range(50):
        records = []
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                records += [json.loads(line) for line in body.splitlines()]
        of_photo = [
            record for record in records if record["eventMetadata"].get("inferenceId") == photo
        ]
        if of_photo:
            return of_photo
        time.sleep(0.2)
    return []
