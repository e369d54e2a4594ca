"""Which threshold is in force?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.domain.decision.threshold import CALIBRATED, SET
from infra.operations.controls import threshold_in_force
from infra.operations.doctor.stage_check import CheckAnswer, StageCheck, ok, problem

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage


def _threshold(stage: ExaminedStage) -> CheckAnswer:
    in_force = threshold_in_force(stage.target).in_force
    faults = sorted({threshold.source for threshold in in_force.values()} - {CALIBRATED, SET})
    if faults:
        return problem(f"no photo is assigned automatically: {', '.join(faults)}")
    listed = "; ".join(
        f"{version}: {threshold.value:g} ({threshold.source})"
        for version, threshold in sorted(in_force.items())
    )
    return ok(listed)


CHECKS = (
    StageCheck(
        name="threshold",
        question="Can the policy be read, and what operators have set?",
        remedy="Set what is wanted: `scones threshold set VALUE`, `stop` or `normal`.",
        answer=_threshold,
    ),
)
