"""Which threshold is in force: anything that is not exactly understood stops assignment."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.decision.threshold import (
    CALIBRATED,
    INVALID,
    LOST,
    SET,
    STOPPED,
    UNREADABLE,
    Override,
    Threshold,
    override_text,
)

MODEL = 0.9
STOP = override_text(STOPPED)
NAMES = {"threshold", "allow_below_calibrated"}


def in_force(parameter: str | None, recorded: str | None = "") -> tuple[float, str]:
    threshold = Threshold.in_force(MODEL, Override(parameter=parameter, recorded=recorded))
    return threshold.value, threshold.source


@pytest.mark.parametrize(
    ("parameter", "value", "source"),
    [
        (None, MODEL, CALIBRATED),
        ("{}", MODEL, CALIBRATED),
        ('{"threshold": 0.97}', 0.97, SET),
        ('{"threshold": 1}', STOPPED, SET),
        ('{"threshold": 0.5, "allow_below_calibrated": true}', 0.5, SET),
        ('{"threshold": 0.97, "allow_below_calibrated": false}', 0.97, SET),
        ('{"threshold": 0.5}', STOPPED, INVALID),
        ('{"threshold": 0.97, "allow_below_calibrated": "yes"}', STOPPED, INVALID),
        ('{"threshold": 0.97, "threshold": 0.95}', STOPPED, INVALID),
        ('{"allow_below_calibrated": true}', STOPPED, INVALID),
        ('{"threshold": null}', STOPPED, INVALID),
        ('{"threshold": 1.5}', STOPPED, INVALID),
        ('{"threshold": NaN}', STOPPED, INVALID),
        (f'{{"threshold": {10**400}}}', STOPPED, INVALID),
        ('{"threshold": true}', STOPPED, INVALID),
        ('{"threshold": "0.97"}', STOPPED, INVALID),
        # Names that a person may have meant.
        ('{"Threshold": 1.0}', STOPPED, INVALID),
        ('{"treshold": 1.0}', STOPPED, INVALID),
        ('{"stop": true}', STOPPED, INVALID),
        ('{"threshold": 0.97, "stop": true}', STOPPED, INVALID),
        ("1,0", STOPPED, INVALID),
        ("[]", STOPPED, INVALID),
        ("null", STOPPED, INVALID),
        ("0", STOPPED, INVALID),
        ("[" * 100_000, STOPPED, INVALID),
        ("", STOPPED, INVALID),
    ],
)
def test_the_parameter_is_applied_or_stops_automatic_assignment(
    parameter: str | None, value: float, source: str
) -> None:
    assert in_force(parameter) == (value, source)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(sorted(NAMES)) | st.text(), _JSON, min_size=1),
    st.none() | st.just("{}"),
)
def test_an_object_with_any_other_name_stops_whatever_else_it_has(
    wire: dict[str, object], other: str | None
) -> None:
    """Whether it is in the parameter or in the record."""
    text = json.dumps(wire)
    if wire.keys() - NAMES:
        assert in_force(text) == (STOPPED, INVALID)
    value, source = in_force(other, text)
    assert value == STOPPED
    assert source == LOST


@given(st.text(), st.text())
def test_only_absence_and_the_empty_object_leave_the_calibrated_threshold(
    parameter: str, recorded: str
) -> None:
    _, source = in_force(parameter, recorded)
    if source == CALIBRATED:
        assert json.loads(parameter) == {}
        assert not recorded or json.loads(recorded) == {}


@pytest.mark.parametrize("parameter", [None, "{}", " { } "])
@pytest.mark.parametrize("recorded", [STOP, override_text(0.97), "stop"])
def test_an_override_that_was_set_and_is_gone_stops_assignment(
    parameter: str | None, recorded: str
) -> None:
    assert in_force(parameter, recorded) == (STOPPED, LOST)


def test_an_unreadable_record_stops_assignment() -> None:
    assert in_force(None, None) == (STOPPED, UNREADABLE)
    assert in_force(override_text(0.97), None) == (STOPPED, UNREADABLE)


@pytest.mark.parametrize(
    ("parameter", "recorded", "value"),
    [(0.97, 0.97, 0.97), (0.97, 0.99, 0.99), (0.99, 0.97, 0.99), (0.97, 1.0, 1.0)],
)
def test_where_parameter_and_record_differ_the_higher_threshold_is_in_force(
    parameter: float, recorded: float, value: float
) -> None:
    assert in_force(override_text(parameter), override_text(recorded)) == (value, SET)


@given(st.floats(min_value=0, max_value=1))
def test_a_threshold_survives_being_written_and_read(value: float) -> None:
    assert in_force(override_text(value, below_calibrated=True)) == (value, SET)
