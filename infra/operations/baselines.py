"""Baselines of a running or deployed system's own quiet windows: made, kept, shown, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handlers.domain.errors import InvalidRecord, PermanentError
from infra.operations.reports import sources_of, window_of
from monitoring.report import HistoryRow, QueueFigures
from monitoring.report.baseline import Baseline, InvalidBaseline
from monitoring.report.inputs import HISTORY_ROWS, gather
from monitoring.report.observed_baseline import Proposal, proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import boto3

    from monitoring.report.store import ReportStore


class NoSuchBaseline(PermanentError):
    """Nobody has made a baseline of that model's own window, or several are meant."""


def proposed(
    session: boto3.Session, function: str, *, start: str, end: str | None, version: str
) -> tuple[Proposal, ReportStore]:
    """Made by the report's own reader of the window, and where it would be kept.

    Raises: InvalidWindow, WindowNotOver, TooFewPhotos, ClientError.
    """
    settings, sources = sources_of(session, function)
    now = datetime.now(UTC).replace(microsecond=0)
    window = window_of(settings, start, end, now=now, known_at=now)
    # A baseline rests on the ledger alone: a month of captures need not be read for it.
    inputs = gather(sources, window, as_of=now, queues=QueueFigures(), captures_expired=True)
    rows = _rows(sources.store.history(ended_by=window.end, at_most=HISTORY_ROWS))
    found = proposal(
        inputs.photos,
        window,
        version=version,
        baselines=inputs.baselines,
        history=rows,
        now=now,
    )
    return found, sources.store


def kept(session: boto3.Session, function: str) -> dict[str, Baseline | None]:
    """Every observed baseline by its model version; None where the file is malformed."""
    _, sources = sources_of(session, function)
    return {
        version: _read(sources.store.observed_baseline(version))
        for version in sources.store.observed_versions()
    }


def forget(session: boto3.Session, function: str, *, version: str) -> str:
    """Which one was forgotten; unnamed, the only one. Raises: NoSuchBaseline."""
    _, sources = sources_of(session, function)
    there = sources.store.observed_versions()
    if version not in there and (version or len(there) != 1):
        known = ", ".join(there) or "none"
        raise NoSuchBaseline(
            f"which model's observed baseline is to be forgotten? --model: {known}."
        )
    chosen = version or there[0]
    sources.store.forget_observed(chosen)
    return chosen


def _read(text: str | None) -> Baseline | None:
    try:
        return None if text is None else Baseline.from_json(text)
    except InvalidBaseline:
        return None


def _rows(lines: Iterable[str]) -> Iterator[HistoryRow]:
    for line in lines:
        try:
            yield HistoryRow.from_json(line)
        except InvalidRecord:
            continue  # only a warning rests on them
