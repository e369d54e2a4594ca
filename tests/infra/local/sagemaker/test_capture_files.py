"""Captures are written to files without delaying invocations; lost ones are counted."""

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from infra.local.sagemaker.capture_files import CaptureFiles, FlushPolicy
from infra.local.sagemaker.capture_lines import CaptureSettings, Invocation, Payload

SETTINGS = CaptureSettings(destination="s3://captures/p")
AT = datetime(2026, 1, 1, 10, 59, 59, tzinfo=UTC)
INVOCATION = Invocation(
    event_id="e",
    at=AT,
    request=Payload(content_type="image/jpeg", body=b"x" * 300),
    response=Payload(content_type="application/json", body=b"{}"),
    inference_id=None,
    custom_attributes=None,
)
NEVER = FlushPolicy(after_s=3600)


@dataclass
class Store:
    """An S3 that stores objects in memory, and fails on demand."""

    fails: bool = False
    objects: dict[str, bytes] = field(default_factory=dict)
    written: threading.Event = field(default_factory=threading.Event)

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803 # boto3's names
        assert (Bucket, ContentType) == ("captures", "application/x-jsonlines")
        if self.fails:
            raise ConnectionError("no store")
        self.objects[Key] = Body
        self.written.set()


def _files(store: Store, flush_policy: FlushPolicy = NEVER) -> CaptureFiles:
    return CaptureFiles(
        store, SETTINGS, endpoint="e", variant="AllTraffic", flush_policy=flush_policy
    )


def test_closing_writes_the_added_captures_as_one_file() -> None:
    store = Store()
    files = _files(store)
    for _ in range(3):
        files.add(INVOCATION)
    files.close(5)
    [(key, body)] = store.objects.items()
    assert key.startswith("p/e/AllTraffic/2026/01/01/10/59-59-000-")
    assert body.count(b"\n") == 3
    assert body.endswith(b"}\n")
    assert (files.written, files.lost) == (3, 0)


def test_no_file_is_written_without_captures() -> None:
    store = Store()
    _files(store).close(5)
    assert store.objects == {}


@pytest.mark.parametrize("flush_policy", [FlushPolicy(after_s=0.01), FlushPolicy(after_bytes=100)])
def test_a_file_is_written_after_a_time_or_at_a_size(flush_policy: FlushPolicy) -> None:
    store = Store()
    files = _files(store, flush_policy)
    files.add(INVOCATION)
    assert store.written.wait(5)
    files.close(5)
    assert len(store.objects) == 1


def test_a_file_holds_invocations_of_one_hour() -> None:
    store = Store()
    files = _files(store)
    files.add(INVOCATION)
    files.add(replace(INVOCATION, at=AT + timedelta(seconds=1)))
    files.close(5)
    assert sorted(key.split("/")[6] for key in store.objects) == ["10", "11"]


def test_captures_that_cannot_be_written_are_counted_and_the_next_file_is_tried() -> None:
    store = Store(fails=True)
    files = _files(store, FlushPolicy(after_bytes=1))
    files.add(INVOCATION)
    files.add(INVOCATION)
    files.close(5)
    assert (files.written, files.lost) == (0, 2)


def test_adding_never_waits_for_a_store_that_hangs() -> None:
    release = threading.Event()

    class Hanging(Store):
        def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803 # boto3's names
            super().put_object(Bucket=Bucket, Key=Key, Body=Body, ContentType=ContentType)
            release.wait(5)

    store = Hanging()
    files = _files(store, FlushPolicy(after_bytes=1, max_queued=1))
    files.add(INVOCATION)
    assert store.written.wait(5)
    files.add(INVOCATION)
    files.add(INVOCATION)
    assert files.lost == 1
    release.set()
    files.close(5)
