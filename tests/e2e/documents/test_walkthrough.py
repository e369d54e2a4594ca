"""The walk-through notebook runs from data to cleanup, and its stored outputs are current."""

import pytest

from tests.walkthrough import executed, outputs, stored

pytestmark = pytest.mark.e2e


def test_the_notebook_runs_and_prints_what_is_stored() -> None:
    assert outputs(executed()) == outputs(stored())
