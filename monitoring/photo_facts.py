"""A row of the ledger, and what people said of it, as the report reads it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger import FINAL_STATUSES, LedgerRow
from monitoring.report.facts import PhotoFacts
from monitoring.verdicts import Said, Verdicts

_NO_FIGURES = {"image_format", "defects"}


def photo_facts(
    item: Mapping[str, Any], verdicts: Verdicts, seeded: Mapping[str, str], *, as_of: datetime
) -> PhotoFacts:
    """`seeded`: what some photos are known to show. Raises: InvalidRecord."""
    row = LedgerRow.from_item(item)
    for decision in item.get("decisions", ()):
        verdicts.add(Said.from_decision(row.photo_id, decision), as_of=as_of)
    said = verdicts.decided.get(row.photo_id)
    classified = row.classification
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
            received_at=_required(row.received_at or row.claimed_at),
            enqueued_at=_moment(row.enqueued_at),
            decided_at=_decided_at(row, said),
            model_version=row.model_version,
            probabilities=_figures(classified.get("probabilities", {})),
            confidence=_figure(classified.get("confidence")),
            vehicle=str(classified.get("vehicle", "")),
            threshold=_figure(classified.get("threshold")),
            threshold_source=str(classified.get("threshold_source", "")),
            quality=_figures(row.quality),
            image_format=str(row.quality.get("image_format", "")),
            verdict=said.verdict if said else "",
            verdict_by=said.by if said else "",
            opinions=verdicts.opinions_of(row.photo_id),
            seeded_label=seeded.get(row.photo_id, ""),
        )
    except (TypeError, ValueError, ArithmeticError) as error:
        raise InvalidRecord(f"a ledger row holds what is no figure: {error!r}") from error


def _decided_at(row: LedgerRow, said: Said | None) -> datetime | None:
    if said and said.at:
        return said.at
    return _moment(row.updated_at) if row.status in FINAL_STATUSES else None


def _figures(values: Mapping[str, Any]) -> dict[str, float]:
    named = sorted((name, value) for name, value in values.items() if name not in _NO_FIGURES)
    return {str(name): float(value) for name, value in named}


def _figure(value: Decimal | float | None) -> float | None:
    return None if value is None else float(value)


def _moment(text: str) -> datetime | None:
    return _required(text) if text else None


def _required(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
