"""Baselines from quiet windows of a system's own photos: propose, list and forget them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handlers.domain.errors import InvalidRecord
from infra.operations.errors import NoSuchBaseline
from infra.operations.reports import sources_of, window_of
from monitoring.report import HistoryRow, QueueFigures
from monitoring.report.baseline import Baseline, InvalidBaseline
from monitoring.report.inputs import HISTORY_ROWS, gather
from monitoring.report.observed_baseline import Proposal, proposal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infra.operations.target import Target
    from monitoring.report.store import ReportStore


def propose(
    target: Target, *, start: str, end: str | None, version: str
) -> tuple[Proposal, ReportStore]:
    """Return the baseline of a window, read as the report reads it, and the store to keep it in.

    With an empty `version` the baseline is of the model that classified most photos of the window.

    Raises: InvalidWindow, WindowNotOver, TooFewPhotos, OutdatedStack, ClientError.
    """
    settings, sources = sources_of(target)
    now = datetime.now(UTC).replace(microsecond=0)
    window = window_of(settings, start, end, now=now, known_at=now)
    # A baseline uses the ledger alone: a month of capture files need not be read for it.
    inputs = gather(sources, window, as_of=now, queues=QueueFigures(), captures_expired=True)
    history = _history(sources.store.history(ended_by=window.end, at_most=HISTORY_ROWS))
    proposed = proposal(
        inputs.photos,
        window,
        version=version,
        baselines=inputs.baselines,
        history=history,
        now=now,
    )
    return proposed, sources.store


def observed_baselines(target: Target) -> dict[str, Baseline | None]:
    """Return each observed baseline by its model version; None if the file is malformed."""
    _, sources = sources_of(target)
    return {
        version: _parsed(sources.store.observed_baseline(version))
        for version in sources.store.observed_versions()
    }


def forget(target: Target, *, version: str) -> str:
    """Remove an observed baseline and return its model version.

    An empty `version` means the only one. Raises: NoSuchBaseline.
    """
    _, sources = sources_of(target)
    versions = sources.store.observed_versions()
    if version not in versions and (version or len(versions) != 1):
        known = ", ".join(versions) or "none"
        raise NoSuchBaseline(
            f"name the model whose baseline is to be removed with --model. Observed: {known}."
        )
    chosen = version or versions[0]
    sources.store.forget_observed(chosen)
    return chosen


def _parsed(text: str | None) -> Baseline | None:
    try:
        return None if text is None else Baseline.from_json(text)
    except InvalidBaseline:
        return None


def _history(lines: Iterable[str]) -> Iterator[HistoryRow]:
    for line in lines:
        try:
            yield HistoryRow.from_json(line)
        except InvalidRecord:
            continue  # only a warning depends on them
