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
    listed = "; ".join(
        f"{version}: {threshold.value:g} ({threshold.source})"
        for version, threshold in sorted(in_force.items())
    )
    faults = {threshold.source for threshold in in_force.values()} - {CALIBRATED, SET}
    if faults:
        return problem(f"no photo is assigned, because of {', '.join(sorted(faults))}: {listed}")
    return ok(listed)


CHECKS = (
    StageCheck(
        name="threshold",
        question="Can the policy and its override be read?",
        remedy="Set it anew with `scones threshold set|stop|normal`.",
        answer=_threshold,
    ),
)
