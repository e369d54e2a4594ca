"""Collect verdicts into a folder of photos by class: a source of labelled photos like any other."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from handlers.domain.ledger.labels import LabelRecord
from handlers.domain.review.rules import NEITHER
from training.data.sources.verdict_places import PhotoSource
from training.data.sources.verdicts import Contradiction, resolve_verdicts
from training.data.splits import digest_of

SOURCE = "verdicts"
REPORT_NAME = "verdicts.json"
_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The outcome for every photo that the lines name; the JSON report has these keys."""

    written: Mapping[str, int]  # photos by class
    contradictions: tuple[Contradiction, ...]
    unknown: Mapping[str, str]  # verdict by photo id, for verdicts that are not a class
    gone: tuple[str, ...]  # ids of photos whose bytes are not stored any more
    retracted: tuple[str, ...]
    unusable: tuple[str, ...]
    malformed: int  # lines


def collect(
    lines: Iterable[str],
    photos: PhotoSource,
    out: Path,
    *,
    classes: Sequence[str],
    negatives: str | None,
) -> Collected:
    """Write `<out>/verdicts/<class>/<photo>` and a report beside it.

    `negatives` is the class of photos without a vehicle; None leaves them out. The loader splits
    such a folder by content, so a photo never changes side however often it is collected.

    Raises: UnusableData.
    """
    resolved = resolve_verdicts(lines)
    folder = out / SOURCE
    # Written again every time, so that undone verdicts disappear; then replaced as a whole.
    unfinished = out / f".{SOURCE}.partial"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    written: dict[str, _Written] = {}
    unknown, gone = {}, []
    for photo_id, record in resolved.labels.items():
        label = negatives if record.verdict == NEITHER else record.verdict
        if label is None or label not in classes:
            unknown[photo_id] = record.verdict
        elif (content := photos.read(record)) is None:
            gone.append(photo_id)
        else:
            written[photo_id] = _write(content, unfinished / label, record)
    clashing = _clashing(written)
    for contradiction in clashing:
        for photo_id in contradiction.photo_ids:
            written.pop(photo_id).path.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)
    collected = Collected(
        written=dict(sorted(Counter(photo.label for photo in written.values()).items())),
        contradictions=(*resolved.contradictions, *clashing),
        unknown=unknown,
        gone=tuple(gone),
        retracted=resolved.retracted,
        unusable=resolved.unusable,
        malformed=resolved.malformed,
    )
    text = json.dumps(asdict(collected), indent=2, ensure_ascii=False)
    (out / REPORT_NAME).write_text(text + "\n", encoding="utf-8")
    return collected


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    path: Path
    digest: str

    @property
    def label(self) -> str:
        return self.path.parent.name


def _write(content: bytes, folder: Path, record: LabelRecord) -> _Written:
    ending = Path(record.photo.key).suffix.lower() if record.photo else ""
    path = folder / (record.photo_id + (ending if ending in _ENDINGS else ""))
    folder.mkdir(exist_ok=True)
    path.write_bytes(content)
    return _Written(path=path, digest=digest_of(content))


def _clashing(written: Mapping[str, _Written]) -> tuple[Contradiction, ...]:
    """Return groups of photos of the same bytes with different labels."""
    by_digest: dict[str, list[str]] = {}
    for photo_id, photo in written.items():
        by_digest.setdefault(photo.digest, []).append(photo_id)
    return tuple(
        Contradiction(photo_ids=tuple(ids), labels=labels, reason="the same bytes, uploaded twice")
        for ids in by_digest.values()
        if len(labels := tuple(sorted({written[photo_id].label for photo_id in ids}))) > 1
    )
