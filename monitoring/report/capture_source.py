"""Reads the captures of a window from their bucket: fetched ahead, counted in the order of keys."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from handlers.aws.bucket import Bucket, StoredObject, UnreadableObject
from monitoring.capture import CaptureObject, CaptureReader, Span

_AT_ONCE = 8
_AHEAD = 16
_AHEAD_BYTES = 1 << 20
"""Larger objects are streamed, so that at most 16 MB are held in memory ahead of time."""

Content = Iterable[bytes]


def read_captures(objects: Bucket, reader: CaptureReader, span: Span, *, prefix: str) -> None:
    """Read every object that may hold records of the span.

    `prefix`: up to the variants, without a trailing slash.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        ahead: deque[tuple[CaptureObject, Future[list[bytes]] | None]] = deque()
        for source, size_bytes in _listed(objects, span, prefix):
            is_small = size_bytes <= _AHEAD_BYTES
            ahead.append((source, pool.submit(_whole, objects, source.key) if is_small else None))
            if len(ahead) > _AHEAD:
                _read(objects, reader, *ahead.popleft())
        for source, content in ahead:
            _read(objects, reader, source, content)


def _read(
    objects: Bucket,
    reader: CaptureReader,
    source: CaptureObject,
    content: Future[list[bytes]] | None,
) -> None:
    try:
        reader.read(source, objects.chunks(source.key) if content is None else content.result())
    except UnreadableObject:
        reader.skip(source)


def _whole(objects: Bucket, key: str) -> list[bytes]:
    return list(objects.chunks(key))


def _listed(objects: Bucket, span: Span, prefix: str) -> Iterator[tuple[CaptureObject, int]]:
    own = {*span.hour_prefixes(look_ahead_h=0, look_back_h=0)}
    for folder in objects.folders(f"{prefix}/"):
        variant = folder.rstrip("/").rpartition("/")[2]
        for hour in span.hour_prefixes():
            for stored in objects.listed(f"{folder}{hour}/"):
                yield _capture(stored, variant, is_beside=hour not in own), stored.size_bytes


def _capture(stored: StoredObject, variant: str, *, is_beside: bool) -> CaptureObject:
    return CaptureObject(
        key=stored.key,
        variant=variant,
        last_modified=stored.last_modified,
        is_beside=is_beside,
    )
