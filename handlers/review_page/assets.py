"""The page's files, from the folder beside this module, compressed once."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).with_name("static")
INDEX = "index.html"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file in both forms in which it is sent."""

    text: str
    compressed: bytes
    media_type: str
    etag: str


def read_assets(folder: Path = STATIC) -> Mapping[str, StaticFile]:
    """Return every file by its name. Only these are served: a requested path is never opened."""
    return {path.name: _asset(path) for path in sorted(folder.iterdir())}


def _asset(path: Path) -> StaticFile:
    data = path.read_bytes()
    return StaticFile(
        text=data.decode(),
        compressed=gzip.compress(data, mtime=0),
        media_type=MEDIA_TYPES[path.suffix],
        etag=f'W/"{hashlib.sha256(data).hexdigest()[:16]}"',  # weak: the same, however encoded
    )
