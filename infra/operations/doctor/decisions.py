"""Which threshold is in force?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.domain.decision.policy import Policy, Threshold
from infra.operations.doctor.stage_check import CheckAnswer, StageCheck, ok, problem

if TYPE_CHECKING:
    from infra.operations.doctor.examined_stage import ExaminedStage


def _threshold(stage: ExaminedStage) -> CheckAnswer:
    ssm = stage.client("ssm")
    policy, override = (
        ssm.get_parameter(Name=stage.target.output(name))["Parameter"]["Value"]
        for name in ("PolicyParameter", "PolicyOverrideParameter")
    )
    in_force = {
        version: Threshold.in_force(model, override)
        for version, model in Policy.from_json(policy).models.items()
    }
    listed = "; ".join(
        f"{version}: {threshold.value:g} ({threshold.source})"
        for version, threshold in sorted(in_force.items())
    )
    if any(threshold.source == "invalid_override" for threshold in in_force.values()):
        return problem(f"the override {override!r} is invalid, so that no photo is assigned")
    return ok(listed)


CHECKS = (
    StageCheck(
        name="threshold",
        question="Can the policy and its override be read?",
        remedy="Write a valid override (docs/operations.md, Change the threshold).",
        answer=_threshold,
    ),
)
