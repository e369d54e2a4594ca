"""The identity of a photo: keys are raw text, and may be of any form."""

import hashlib

import pytest

from handlers.domain.ledger.identity import Sender, photo_id


@pytest.mark.parametrize(
    ("key", "driver_id", "upload_id"),
    [
        ("intake/d1/u1.jpg", "d1", "u1"),
        ("intake/d1/u1", "d1", "u1"),
        ("intake/d1/u1.tar.gz", "d1", "u1"),
        ("intake/d 1/ü+%2F.jpg", "d 1", "ü+%2F"),
        ("intake/d1/2026/11/u1.jpg", "d1", "u1"),
    ],
)
def test_a_key_names_driver_and_upload(key: str, driver_id: str, upload_id: str) -> None:
    assert Sender.from_key(key) == Sender(driver_id=driver_id, upload_id=upload_id)


@pytest.mark.parametrize(
    "key",
    ["intake/u1.jpg", "intake//u1.jpg", "intake/d1/.jpg", "intake/.d1/u1.jpg", "other/d1/u1.jpg"],
)
def test_a_key_of_another_form_names_no_driver(key: str) -> None:
    assert Sender.from_key(key) is None


def test_the_id_is_the_hash_of_bucket_version_and_key() -> None:
    expected = hashlib.sha256(b"bucket\nversion\nkey").hexdigest()
    named = photo_id(bucket="bucket", key="key", version_id="version", etag="etag")
    unversioned = photo_id(bucket="bucket", key="key", version_id=None, etag="version")
    assert named == unversioned == expected
