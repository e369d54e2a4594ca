"""Patches the listing of object versions: keys are encoded on request, as by AWS.

Every SDK asks for it, because XML cannot hold most control characters and turns a carriage return
into a line feed: without the encoding, one such key makes the listing unreadable.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import unescape

from infra.local.emulator.patches.replace import Untyped, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Response = tuple[int, dict[str, str], bytes]

_ENCODED = re.compile(
    r"<(Key|Prefix|Delimiter|KeyMarker|NextKeyMarker)>(.*?)</\1>", re.DOTALL
)  # the elements that AWS encodes
_HEAD = "<MaxKeys>"


def install() -> None:
    """Apply the patch.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    service = import_module("ministack.services.s3")
    replace(service, "_list_object_versions", "bucket_name query_params", _encode_keys)


def _encode_keys(original: Callable[..., Response]) -> Callable[..., Response]:
    def list_versions(bucket_name: str, query_params: Mapping[str, Untyped]) -> Response:
        status, headers, body = original(bucket_name, query_params)
        asked = query_params.get("encoding-type", "")
        is_asked = "url" in (asked if isinstance(asked, list) else [asked])
        return status, headers, with_encoded_keys(body) if status == 200 and is_asked else body

    return list_versions


def with_encoded_keys(body: bytes) -> bytes:
    """Return the XML document with its keys and prefixes percent-encoded, and a note of that."""
    text = _ENCODED.sub(_encoded, body.decode())
    return text.replace(_HEAD, f"<EncodingType>url</EncodingType>{_HEAD}", 1).encode()


def _encoded(element: re.Match[str]) -> str:
    name, text = element.groups()
    return f"<{name}>{quote(unescape(text), safe='/')}</{name}>"
