"""A random tenth of the recorded trials, each made again: see `tests.e2e.permissions`."""

import random
import secrets
from collections.abc import Iterator

import pytest

from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.permissions.behaviours import behaviours
from tests.e2e.permissions.trial_stage import TrialStage, trial_stage_of
from tests.e2e.permissions.trials import is_lost_without, to_try
from tests.infra.permission_trials import key_of, recorded
from tests.infra.template import Template

pytestmark = pytest.mark.e2e

SHARE = 10


@pytest.fixture(scope="module")
def trial_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialStage]:
    with trial_stage_of(tmp_path_factory) as trial_stage:
        yield trial_stage


def test_a_behaviour_is_lost_with_its_permission(trial_stage: TrialStage) -> None:
    template = Template.load(
        synthesize("local", ROOT / ".scones" / "cdk.out.local"), "local", "Pipeline"
    )
    results, known = recorded(), behaviours()
    permissions = to_try(trial_stage, template)
    seed = secrets.randbelow(1_000_000)
    print(f"seed {seed}")  # noqa: T201 # shown if the test fails
    permissions = [tried for tried in permissions if key_of(tried.grant) in results]
    drawn = random.Random(seed).sample(permissions, -(-len(permissions) // SHARE))  # noqa: S311 # a sample
    kept = [
        key_of(permission.grant)
        for permission in drawn
        if not is_lost_without(trial_stage, permission, known[results[key_of(permission.grant)]])
    ]
    assert kept == []
