"""The items of a HEIF file: their kinds, properties, relations and bytes.

The boxes are from ISO/IEC 23008-12 (HEIF) and ISO/IEC 14496-12.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from handlers.domain.photo.formats import PhotoTooComplex, PhotoUnreadable, PhotoUnsupported

Box = tuple[bytes, bytes]  # kind and body
# The file or the box that holds an item, and start and length of its parts there, in bytes.
Extents = tuple[bytes, tuple[tuple[int, int], ...]]

_MOST_BOXES = 20_000
# Bytes of each table about items: phones write a few thousand; reading a million takes half a
# second.
_LONGEST_TABLE = 1024 * 1024
_TABLES = {b"iinf", b"iprp", b"iref", b"iloc"}
_FULL_BOX = 4  # bytes of version and flags
_IN_FILE, _IN_META = 0, 1  # where an item's bytes are: construction methods


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReference:
    """A relation from one item to others, such as `dimg` from a grid to its tiles."""

    kind: bytes
    source: int
    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeifItems:
    """The items of one file, by item id."""

    primary: int
    kinds: dict[int, bytes]
    properties: dict[int, list[Box]]
    references: tuple[ItemReference, ...]
    extents: dict[int, Extents]  # of the items whose bytes are in this file

    def read(self, item: int) -> bytes:
        """Return the bytes of an item; empty, if they are elsewhere or behind the file's end."""
        source, extents = self.extents.get(item, (b"", ()))
        if sum(length for _, length in extents) > len(source):
            return b""
        return b"".join(source[start : start + length] for start, length in extents)

    def ending(self, item: int, size: int) -> bytes:
        """Return at most the last `size` bytes of the last part of an item."""
        source, extents = self.extents.get(item, (b"", ()))
        if not extents:
            return b""
        start, length = extents[-1]
        return source[max(start, start + length - size) : start + length]


def read_items(data: bytes) -> HeifItems:
    """Read the items of a HEIF file.

    Raises: PhotoTooComplex, PhotoUnreadable, PhotoUnsupported, struct.error, IndexError.
    """
    boxes = list(_boxes(data))
    if not any(kind == b"meta" for kind, _ in boxes) and any(kind == b"moov" for kind, _ in boxes):
        raise PhotoUnsupported("a sequence of pictures without a still one")
    parts = list(_boxes(_child(boxes, b"meta")[_FULL_BOX:]))
    for kind, body in parts:
        if kind in _TABLES and len(body) > _LONGEST_TABLE:
            raise PhotoTooComplex(f"the {kind.decode()} box has more than {_LONGEST_TABLE} bytes")
    pitm = _child(parts, b"pitm")
    return HeifItems(
        primary=struct.unpack_from(_item_code(pitm, 0), pitm, _FULL_BOX)[0],
        kinds=_kinds(_child(parts, b"iinf")),
        properties=_properties(list(_boxes(_child(parts, b"iprp")))),
        references=tuple(_references(parts)),
        extents=_extents(data, parts),
    )


def _item_code(box: bytes, last_narrow: int) -> str:
    """Return the code of item ids: 16 bits up to a version of the box, then 32."""
    return ">H" if box[0] <= last_narrow else ">I"


def _kinds(iinf: bytes) -> dict[int, bytes]:
    kinds = {}
    for kind, body in _boxes(iinf[_FULL_BOX + (2 if iinf[0] == 0 else 4) :]):
        if kind == b"infe":
            code = _item_code(body, 2)
            (item,) = struct.unpack_from(code, body, _FULL_BOX)
            at = _FULL_BOX + struct.calcsize(code) + 2
            kinds[item] = body[at : at + 4]
    return kinds


def _properties(boxes: list[Box]) -> dict[int, list[Box]]:
    every = list(_boxes(_child(boxes, b"ipco")))
    properties: dict[int, list[Box]] = {}
    for kind, ipma in boxes:
        if kind != b"ipma":
            continue
        code = _item_code(ipma, 0)
        step = 2 if ipma[3] & 1 else 1
        at = _FULL_BOX + 4
        for _ in range(struct.unpack_from(">I", ipma, _FULL_BOX)[0]):
            (item,) = struct.unpack_from(code, ipma, at)
            at += struct.calcsize(code)
            count, at = ipma[at], at + 1
            for index in range(at, at + count * step, step):
                # The highest bit says whether the property is essential.
                number = int.from_bytes(ipma[index : index + step], "big")
                number &= (1 << 8 * step - 1) - 1
                if 1 <= number <= len(every):
                    properties.setdefault(item, []).append(every[number - 1])
            at += count * step
    return properties


def _references(parts: list[Box]) -> Iterator[ItemReference]:
    for kind, iref in parts:
        if kind != b"iref":
            continue
        code = _item_code(iref, 0)
        step = struct.calcsize(code)
        for reference, body in _boxes(iref[_FULL_BOX:]):
            (source,) = struct.unpack_from(code, body)
            (count,) = struct.unpack_from(">H", body, step)
            targets = struct.unpack_from(f">{count}{code[1:]}", body, step + 2)
            yield ItemReference(kind=reference, source=source, targets=targets)


def _extents(data: bytes, parts: list[Box]) -> dict[int, Extents]:
    iloc = _child(parts, b"iloc")
    sources = {_IN_FILE: data, _IN_META: dict(parts).get(b"idat", b"")}
    reader = _Reader(iloc, _FULL_BOX)
    version = iloc[0]
    sizes = reader.number(2)
    offset_size, length_size = sizes >> 12, sizes >> 8 & 15
    base_size, index_size = sizes >> 4 & 15, sizes & 15 if version else 0
    extents: dict[int, Extents] = {}
    for _ in range(reader.number(2 if version < 2 else 4)):
        item = reader.number(2 if version < 2 else 4)
        method = reader.number(2) & 15 if version else _IN_FILE
        reader.number(2)  # other files, which are never read
        base = reader.number(base_size)
        parts_of_item = []
        for _ in range(reader.number(2)):
            reader.number(index_size)
            start = base + reader.number(offset_size)
            length = reader.number(length_size)
            # A length of 0 means up to the end.
            parts_of_item.append((start, length or max(0, len(sources.get(method, b"")) - start)))
        if method in sources:
            extents[item] = sources[method], tuple(parts_of_item)
    return extents


class _Reader:
    """Reads numbers of one to eight bytes, one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def number(self, size: int) -> int:
        end = self._at + size
        if end > len(self._data):
            raise PhotoUnreadable("a table ends early")
        value = int.from_bytes(self._data[self._at : end], "big")
        self._at = end
        return value


def _child(boxes: list[Box], kind: bytes) -> bytes:
    for box_kind, body in boxes:
        if box_kind == kind:
            return body
    raise PhotoUnreadable(f"the {kind.decode()} box is missing")


def _boxes(data: bytes) -> Iterator[Box]:
    """Yield consecutive boxes."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            raise PhotoUnreadable(f"a box has an invalid size: {size} bytes")
        yield kind, data[at + head : at + size]
        at += size
    raise PhotoTooComplex(f"more than {_MOST_BOXES} boxes")
