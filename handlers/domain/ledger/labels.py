"""What people said of a photo, as ground truth: one line for each decision, never changed.

SageMaker's merge reads `groundTruthData` and `eventMetadata`; everything of ours is in `scones`.
"""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from handlers.domain.review.change import OPINION, UNDO, VERDICT
from handlers.domain.review.row import ItemImage, ReviewRow
from handlers.domain.timestamps import parse

PREFIX = "labels/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One object in the labels bucket: the same decision always gives the same key and line."""

    key: str
    line: dict[str, Any]  # JSON


def labels_of(row: ReviewRow, *, since_seq: int) -> tuple[Label, ...]:
    """The decisions that were not there before and say something of the picture."""
    return tuple(
        label
        for index, decision in enumerate(row.decisions)
        if int(decision["seq"]) > since_seq
        and (label := _label(row, decision, row.decisions[:index])) is not None
    )


def _label(row: ReviewRow, decision: ItemImage, earlier: tuple[ItemImage, ...]) -> Label | None:
    kind = decision["kind"]
    if kind not in {VERDICT, OPINION, UNDO}:
        return None  # a driver who disagrees does not say with what
    is_retracted = kind == UNDO
    if is_retracted and earlier and earlier[-1]["kind"] == OPINION:
        kind = OPINION  # the verdict beside it stands: readers must not take this for its end
    seq = int(decision["seq"])
    hour = parse(decision["decided_at"]).astimezone(UTC).strftime("%Y/%m/%d/%H")
    return Label(
        key=f"{PREFIX}{hour}/{row.photo_id}-{seq:06}.jsonl",
        line={
            "groundTruthData": {
                "data": "" if is_retracted else decision["verdict"],
                "encoding": "CSV",
            },
            "eventMetadata": {"eventId": row.photo_id},
            "eventVersion": "0",
            "scones": {
                "decision_seq": seq,
                "decided_by": decision["decided_by"],
                "decided_at": decision["decided_at"],
                "kind": kind,
                "review_reason": decision["reason"],
                "retracted": is_retracted,
                "model_version": row.model_version,
                "photo": {
                    "bucket": row.bucket,
                    "key": row.key,
                    "version_id": row.version_id,
                },
            },
        },
    )
