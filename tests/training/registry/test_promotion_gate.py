"""The promotion gate: which candidate may replace the current model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.paired_tests import compare_paired
from training.registry.promotion_gate import (
    Contract,
    GatePhotos,
    GateResult,
    GateRules,
    ModelPredictions,
    assess_candidate,
)

CLASSES = ("van", "tram", "nothing")
CONTRACT = Contract(
    classes=CLASSES, vehicle_classes=("van", "tram"), input={"width": 96, "height": 96}
)
VEHICLES, NON_VEHICLES = 600, 400
LABELS = np.array(["van"] * 300 + ["tram"] * 300 + ["nothing"] * NON_VEHICLES)
PHOTOS = GatePhotos(labels=LABELS, sources=np.array(["street", "yard"] * 500), digest="d" * 64)
OTHER = {"van": "tram", "tram": "van", "nothing": "van"}


def a_model(
    version: str,
    *,
    wrong: range = range(0),
    unsure: range = range(0),
    fooled: int = 0,
    **contract: Any,
) -> ModelPredictions:
    """Right and confident on all but these vehicles; it assigns so many of the non-vehicles."""
    guesses: NDArray[np.str_] = LABELS.copy()
    assigned = np.isin(LABELS, ("van", "tram"))
    for row in wrong:
        guesses[row] = OTHER[LABELS[row]]
    assigned[list(unsure)] = False
    guesses[VEHICLES : VEHICLES + fooled] = "van"
    assigned[VEHICLES : VEHICLES + fooled] = True
    forced = np.where(guesses == "nothing", "van", guesses)
    return ModelPredictions(
        model_version=version,
        contract=replace(CONTRACT, **contract),
        predicted=guesses,
        forced=forced,
        assigned=assigned,
    )


def verdict(current: ModelPredictions, candidate: ModelPredictions, **rules: Any) -> GateResult:
    return assess_candidate(current, candidate, PHOTOS, GateRules(**rules))


CURRENT = a_model("old", wrong=range(30), unsure=range(150))


def test_candidate_that_is_right_more_often_passes_with_its_reasons() -> None:
    result = verdict(CURRENT, a_model("new", wrong=range(10), unsure=range(150)))
    assert result.passed
    assert (result.status, result.current, result.candidate) == ("passed", "old", "new")
    assert any("590 against 570 of 600 (20 won, 0 lost)" in reason for reason in result.reasons)


def test_candidate_that_leaves_less_to_people_passes() -> None:
    assert verdict(CURRENT, a_model("new", wrong=range(30), unsure=range(80))).passed is True


def test_equal_candidate_is_not_better() -> None:
    result = verdict(CURRENT, replace(CURRENT, model_version="new"))
    assert result.refusals[0].startswith("not provably better in any figure")


def test_gain_that_may_be_chance_does_not_pass() -> None:
    result = verdict(CURRENT, a_model("new", wrong=range(27), unsure=range(150)))
    assert not result.passed
    assert "not provably better" in result.refusals[-1]


def test_more_assignments_with_more_wrong_ones_are_refused() -> None:
    reckless = a_model("new", wrong=range(30), unsure=range(0), fooled=8)
    result = verdict(CURRENT, reckless)
    assert any("not wrongly assigned" in reason for reason in result.refusals)


def test_better_on_the_whole_but_worse_on_one_source_is_refused() -> None:
    # Even rows are of one source, odd ones of the other.
    guesses = LABELS.copy()
    guesses[1:24:2] = "tram"
    current = a_model("old", wrong=range(100))
    candidate = replace(current, model_version="new", predicted=LABELS, forced=LABELS)
    candidate = replace(candidate, forced=np.where(guesses == "nothing", "van", guesses))
    assert verdict(current, candidate).passed
    current = a_model("old", wrong=range(0, 100, 2))
    candidate = replace(a_model("new"), forced=np.where(guesses == "nothing", "van", guesses))
    result = verdict(current, candidate)
    assert any("photos of yard: provably worse" in reason for reason in result.refusals)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ("van", "tram", "boat", "nothing")}, "classes change"),
        ({"classes": ("tram", "van", "nothing")}, "order of the classes"),
        ({"vehicle_classes": ("van", "tram", "nothing")}, "may be assigned"),
        ({"input": {"width": 128, "height": 96}}, "the input changes: width"),
    ],
)
def test_changed_contract_is_refused_unless_changes_are_allowed(
    changes: dict[str, Any], message: str
) -> None:
    better = a_model("new", wrong=range(5), unsure=range(150), **changes)
    result = verdict(CURRENT, better)
    assert any(message in reason for reason in result.refusals)
    allowed = verdict(CURRENT, better, changes_allowed=True)
    assert any(message in note for note in allowed.notes)
    assert not any(message in reason for reason in allowed.refusals)


def test_current_model_is_refused_as_a_candidate() -> None:
    result = verdict(CURRENT, a_model("old", wrong=range(5)))
    assert "the candidate is the current model, old" in result.refusals


def test_few_photos_are_not_enough_to_pass() -> None:
    result = verdict(CURRENT, a_model("new"), least_vehicles=601)
    assert "only 600 photos of vehicles" in result.refusals[0]


def test_result_becomes_a_json_document() -> None:
    wire = verdict(CURRENT, a_model("new", wrong=range(5), unsure=range(150))).to_wire()
    assert wire["status"] == "passed"
    assert wire["data_digest"] == "d" * 64
    assert wire["figures"]["right vehicle when forced"]["won"] == 25


def flags(*values: int) -> NDArray[np.bool_]:
    return np.array(values, dtype=np.bool_)


def test_photos_on_which_both_agree_do_not_change_the_test() -> None:
    few = compare_paired(flags(0, 0, 0, 0, 0), flags(1, 1, 1, 1, 1), margin=0)
    many = compare_paired(
        np.concatenate([flags(0, 0, 0, 0, 0), np.ones(1000, dtype=np.bool_)]),
        np.concatenate([flags(1, 1, 1, 1, 1), np.ones(1000, dtype=np.bool_)]),
        margin=0,
    )
    # One chance in 32, exactly.
    assert few.to_wire()["chance_if_equal"] == many.to_wire()["chance_if_equal"] == 0.03125
    assert few.is_better(0.95, 1) is True
    assert few.is_better(0.97, 1) is False
    assert few.is_better(0.95, 3) is False


def test_no_photos_are_no_proof() -> None:
    nothing = compare_paired(flags(), flags(), margin=0.5)
    assert not nothing.is_better(0.95, 1)
    assert not nothing.is_worse(0.95, 1)
    assert not nothing.is_not_inferior(0.95)


def test_loss_within_the_margin_is_excluded_only_on_many_photos() -> None:
    few = compare_paired(np.ones(50, dtype=np.bool_), np.ones(50, dtype=np.bool_), margin=0.01)
    many = compare_paired(np.ones(5000, dtype=np.bool_), np.ones(5000, dtype=np.bool_), margin=0.01)
    assert not few.is_not_inferior(0.95)
    assert many.is_not_inferior(0.95)
