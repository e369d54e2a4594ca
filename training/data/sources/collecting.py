"""From verdicts to a folder of photos by class: a source of labelled photos like any other."""

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from handlers.domain.ledger.labels import LabelRecord
from handlers.domain.review.rules import NEITHER
from training.data.sources.verdict_places import PhotoSource
from training.data.sources.verdicts import Contradiction, settle
from training.data.splits import digest_of

SOURCE = "verdicts"
REPORT_NAME = "verdicts.json"
_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What became of every photo that the lines name."""

    written: Mapping[str, int]  # photos by class
    contradictions: tuple[Contradiction, ...]
    unknown: Mapping[str, str]  # photo → verdict that is no class of the model
    gone: tuple[str, ...]  # their bytes could not be had
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
    """Write `<out>/verdicts/<class>/<photo>` and a report beside it; a source like any other.

    The loader splits such a folder by content, so a photo never changes side however often it is
    collected. Raises: UnusableData.
    """
    settled = settle(lines)
    folder = out / SOURCE
    # Anew each time, so that what was taken back since goes away; whole or not at all.
    unfinished = out / f".{SOURCE}.partial"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    written: dict[str, _Written] = {}
    unknown, gone = {}, []
    for photo_id, record in settled.labels.items():
        label = negatives if record.verdict == NEITHER else record.verdict
        if label is None or label not in classes:
            unknown[photo_id] = record.verdict
        elif (content := photos.read(record)) is None:
            gone.append(photo_id)
        else:
            written[photo_id] = _write(content, unfinished / label, record)
    clashing = _clashing(written)
    for photo_id in (photo_id for each in clashing for photo_id in each.photo_ids):
        written.pop(photo_id).path.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.replace(folder)
    collected = Collected(
        written=dict(sorted(Counter(each.label for each in written.values()).items())),
        contradictions=(*settled.contradictions, *clashing),
        unknown=unknown,
        gone=tuple(gone),
        retracted=settled.retracted,
        unusable=settled.unusable,
        malformed=settled.malformed,
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
    """The same bytes, called one thing under one photo's id and another under another's."""
    by_digest: dict[str, list[str]] = {}
    for photo_id, each in written.items():
        by_digest.setdefault(each.digest, []).append(photo_id)
    return tuple(
        Contradiction(photo_ids=tuple(ids), labels=labels, why="the same bytes, uploaded twice")
        for ids in by_digest.values()
        if len(labels := tuple(sorted({written[photo_id].label for photo_id in ids}))) > 1
    )
