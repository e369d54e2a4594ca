"""Replays months of quiet days through the whole report, and counts verdicts of ACT."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from monitoring.report import HistoryRow, PhotoFacts, ReportInputs, ReportSettings, Window
from monitoring.report.build import assess_inputs, history_row_of
from monitoring.simulation.population import Population
from monitoring.statistics.severity import Severity

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class ReplayResult:
    """Verdicts over all days of all replays."""

    a_day: int
    replays: int
    days: int
    verdicts: Counter[str]
    act_checks: Counter[str]  # name of a check → days on which it was ACT

    @property
    def acts_a_month(self) -> float:
        """Verdicts of ACT in 30 days."""
        return self.verdicts["ACT"] / (self.replays * self.days) * 30


def simulate_replays(
    quiet: Population, *, a_day: int, replays: int, days: int, seed: int
) -> ReplayResult:
    """Replay `days` days of about `a_day` photos; every replay has a baseline of its own.

    Photos of the audit's days before the first one are drawn as well.
    """
    verdicts: Counter[str] = Counter()
    act_checks: Counter[str] = Counter()
    for number in range(replays):
        random = np.random.default_rng([seed, number])
        for level, names in _days(quiet, random, a_day, days):
            verdicts[level.label] += 1
            act_checks.update(names)
    return ReplayResult(
        a_day=a_day, replays=replays, days=days, verdicts=verdicts, act_checks=act_checks
    )


def _days(
    quiet: Population, random: np.random.Generator, a_day: int, days: int
) -> Iterator[tuple[Severity, list[str]]]:
    settings = ReportSettings(vehicles=quiet.vehicles)
    baselines = {quiet.model_version: quiet.baseline(random)}
    month: deque[list[PhotoFacts]] = deque(maxlen=settings.audit_days)
    history: deque[HistoryRow] = deque(maxlen=3)
    for number in range(-settings.audit_days, days):
        start = START + number * DAY
        month.append(list(quiet.draw(random, int(random.poisson(a_day)), start)))
        if number < 0:
            continue
        week = [photo for photos in [*month][-settings.rolled_days :] for photo in photos]
        inputs = ReportInputs(
            window=Window(start=start, end=start + DAY),
            as_of=start + DAY + timedelta(hours=2),
            photos=month[-1],
            week=week,
            audited=[photo for photos in month for photo in photos],
            capture=None,
            baselines=baselines,
            history=tuple(history),
            settings=settings,
        )
        _, verdict = assess_inputs(inputs)
        history.append(history_row_of(inputs, verdict, {}))
        yield verdict.severity, [c.name for c in verdict.checks if c.severity is Severity.ACT]
