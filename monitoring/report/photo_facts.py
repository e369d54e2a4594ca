"""Turns a row of the ledger and its human labels into the report's record of a photo."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.rows import FINAL_STATUSES, LedgerRow
from handlers.domain.timestamps import parse_utc
from monitoring.report import PhotoFacts
from monitoring.report.human_labels import LabelIndex

_NO_FIGURES = {"image_format", "defects"}


def photo_facts(row: LedgerRow, seeded: Mapping[str, str]) -> PhotoFacts:
    """Return the facts of a row; `seeded`: known labels of known items, by photo id.

    Raises: InvalidRecord for a value of another type, or out of its range.
    """
    classified, quality = row.classification, row.quality
    try:
        return PhotoFacts(
            photo_id=row.photo_id,
            key=row.key,
            bucket=row.bucket,
            version_id=row.version_id,
            driver_id=row.driver_id,
            status=row.status,
            reason=row.reason,
            review=row.review,
            review_reason=row.review_reason,
            uploaded_at=_moment(row.uploaded_at),
            received_at=parse_utc(row.received_at or row.claimed_at),
            enqueued_at=_moment(row.enqueued_at),
            decided_at=_moment(row.updated_at) if row.status in FINAL_STATUSES else None,
            model_version=row.model_version,
            probabilities=_shares(classified.get("probabilities")),
            confidence=_share(classified.get("confidence")),
            vehicle=_text(classified.get("vehicle")),
            threshold=_figure(classified.get("threshold")),
            threshold_source=_text(classified.get("threshold_source")),
            quality=_measured(quality),
            image_format=_text(quality.get("image_format")),
            seeded_label=seeded.get(row.photo_id, ""),
        )
    except (ArithmeticError, TypeError, ValueError) as error:
        raise InvalidRecord(f"a ledger row holds an invalid value: {error!r}") from error


def with_labels(photo: PhotoFacts, index: LabelIndex) -> PhotoFacts:
    """Return the photo with the verdict in force and the opinions of further reviewers."""
    label, opinions = index.decided.get(photo.photo_id), index.opinions_of(photo.photo_id)
    if label is None:
        return replace(photo, opinions=opinions) if opinions else photo
    return replace(
        photo,
        verdict=label.verdict,
        verdict_by=label.by,
        decided_at=label.at or photo.decided_at,
        opinions=opinions,
    )


def _shares(values: object) -> dict[str, float]:
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise TypeError(f"probabilities are {values!r}")
    named = sorted((str(name), _share(value)) for name, value in values.items())
    return {name: value for name, value in named if value is not None}


def _measured(quality: Mapping[str, Any]) -> dict[str, float]:
    named = sorted((name, value) for name, value in quality.items() if name not in _NO_FIGURES)
    figures = ((str(name), _figure(value)) for name, value in named)
    return {name: value for name, value in figures if value is not None}


def _share(value: object) -> float | None:
    share = _figure(value)
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"{share} is not a probability")
    return share


def _figure(value: object) -> float | None:
    """Return a finite number; a text is refused even if it reads like one: `NaN` would, too."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | float | int):
        raise TypeError(f"{value!r} is not a number")
    figure = float(value)
    if not math.isfinite(figure):
        raise ValueError(f"{value!r} is not a finite number")
    return figure


def _text(value: object) -> str:
    if not isinstance(value, str | None):
        raise TypeError(f"expected text, got {value!r}")
    return value or ""


def _moment(text: str) -> datetime | None:
    return parse_utc(text) if text else None
