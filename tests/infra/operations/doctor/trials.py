"""Trials of `scones doctor`: each planted defect is found, and sound stages raise nothing."""

from dataclasses import dataclass
from random import Random

from tests.infra.operations.doctor.defects import DEFECTS, Defect
from tests.infra.operations.doctor.sound_stage import sound_stage


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """Counts of trials; a trial of a defect is right if exactly its own checks find it."""

    defects: int
    defects_right: int
    sound: int
    sound_with_findings: int
    wrong: tuple[str, ...]  # one text each

    @property
    def is_right(self) -> bool:
        return not self.wrong


def run_trials(*, rounds: int, sound: int, seed: int) -> TrialResult:
    """Plant every defect `rounds` times, and examine `sound` stages without one."""
    wrong = []
    for number in range(rounds):
        for defect in DEFECTS:
            wrong += _trial(defect, seed=f"{seed}/{number}/{defect.name}")
    with_findings = [
        text for number in range(sound) for text in _trial(None, seed=f"{seed}/{number}/sound")
    ]
    return TrialResult(
        defects=rounds * len(DEFECTS),
        defects_right=rounds * len(DEFECTS) - len(wrong),
        sound=sound,
        sound_with_findings=len(with_findings),
        wrong=tuple(wrong + with_findings),
    )


def _trial(defect: Defect | None, *, seed: str) -> list[str]:
    with sound_stage(Random(seed)) as stage:  # noqa: S311 # drawn stages
        if defect:
            defect.plant(stage)
        problems = stage.problems()
    expected = defect.found_by if defect else frozenset()
    return [] if problems == expected else [f"{seed}: {sorted(problems)}, not {sorted(expected)}"]
