"""All checks, in the order in which they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.operations.doctor import (
    account,
    captures,
    decisions,
    endpoint,
    functions,
    notifications,
    queues,
    triggers,
)
from infra.operations.doctor.stage_check import Diagnosis, examine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.operations.doctor.examined_stage import ExaminedStage

CHECKS = (
    *account.CHECKS,
    *notifications.CHECKS,
    *endpoint.CHECKS,
    *captures.CHECKS,
    *decisions.CHECKS,
    *triggers.CHECKS,
    *functions.CHECKS,
    *queues.CHECKS,
)


def examine_stage(stage: ExaminedStage) -> Iterator[Diagnosis]:
    """Ask every check; a check that cannot be answered does not stop the others."""
    for check in CHECKS:
        yield examine(check, stage)
