"""Days of photos for the report's tests, drawn with fixed seeds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from monitoring.report import PhotoFacts, Report, ReportInputs, ReportSettings, Window
from monitoring.report.baseline import Baseline
from monitoring.report.records.audits import AuditRecord
from monitoring.simulation.population import Population

START = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
QUIET = Population(vehicles=("bicycle", "motorcycle"), audit_share=0.1)


@cache
def baseline(version: str = "m1") -> Baseline:
    return QUIET.shifted(model_version=version).baseline(np.random.default_rng(1), 2_000)


def photos(n: int, population: Population = QUIET, *, start: datetime = START) -> list[PhotoFacts]:
    return list(population.draw(np.random.default_rng(2), n, start))


def inputs(received: list[PhotoFacts], **changes: Any) -> ReportInputs:
    plain = ReportInputs(
        window=Window(start=START, end=START + DAY),
        as_of=START + DAY + timedelta(hours=2),
        photos=received,
        week=received,
        audited=[photo for photo in received if photo.model_version],
        capture=None,
        audit_record=AuditRecord().read_again(received, start=START, vehicles=QUIET.vehicles),
        baselines={"m1": baseline()},
        settings=ReportSettings(vehicles=QUIET.vehicles),
    )
    return replace(plain, **changes)


def by_formula(n: int) -> list[PhotoFacts]:
    """Return photos computed without random numbers, which libraries may change."""
    computed = []
    for i, photo in enumerate(photos(n)):
        sure = round(0.55 + 0.4499 * (i * 37 % n) / n, 4)
        guess = ("bicycle", "motorcycle", "other")[i % 7 % 3]
        vehicle = "motorcycle" if guess == "other" else guess
        rest = round((1 - sure) / 2, 5)
        probabilities = {"bicycle": rest, "motorcycle": rest, "other": rest} | {guess: sure}
        reason = "no_vehicle" if guess == "other" else "audit" if i % 10 == 0 else ""
        computed.append(
            replace(
                photo,
                photo_id=f"{i:064x}",
                key=f"intake/driver-{i % 5}/{i}.jpg",
                status="assigned" if guess != "other" else "in_review",
                received_at=START + timedelta(minutes=20 * i),
                enqueued_at=START + timedelta(minutes=20 * i, seconds=1) if reason else None,
                decided_at=START + timedelta(minutes=20 * i, seconds=1 + i % 4),
                review="done" if reason else "none",
                review_reason=reason,
                probabilities=probabilities,
                confidence=probabilities[vehicle],
                vehicle=vehicle,
                quality={"brightness": 0.3 + i % 11 / 40, "width": 3000.0, "height": 2000.0 + i},
                image_format="JPEG" if i % 4 else "HEIF",
                verdict=("neither" if guess == "other" else guess) if reason else "",
            )
        )
    return computed


def loud(report: Report) -> dict[str, str]:
    return {c.name: c.verdict for c in report.checks if c.verdict in {"WATCH", "ACT"}}
