"""Texts about files of others, for reports: their names, and why they cannot be read."""

from dataclasses import replace

from handlers.domain.photo import wire_image
from training.data.sources.files import LabelledFile


def as_utf8(name: str) -> str:
    """Escape the bytes of a file's name that are not UTF-8, as `printable` does it."""
    return name.encode("utf-8", "backslashreplace").decode()


def with_utf8_names(file: LabelledFile) -> LabelledFile:
    """Return the file with names that can be written as UTF-8."""
    return replace(
        file, source=as_utf8(file.source), label=as_utf8(file.label), name=as_utf8(file.name)
    )


def why_unreadable(file: LabelledFile) -> str:
    """Return Serialize's reason for refusing a file, or why it cannot be opened."""
    try:
        prepared = wire_image.prepare(file.read())
    except OSError as error:
        return f"cannot be opened: {error.strerror or type(error).__name__}"
    return prepared.reason if isinstance(prepared, wire_image.Refusal) else "readable"
