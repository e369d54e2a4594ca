"""The file form of a baseline."""

import json

import numpy as np
import pytest

from monitoring.report.baseline import MOST_VALUES, Baseline, InvalidBaseline, thinned
from tests.monitoring.report.a_day import baseline


def test_a_baseline_read_back_is_equal() -> None:
    read = Baseline.from_json(baseline().to_json())
    assert read == baseline()
    assert read.assigned + read.review == read.n == sum(read.predicted.values())


def test_more_values_than_fit_become_quantiles() -> None:
    values = np.random.default_rng(3).normal(size=40_000)
    quantiles = np.array(thinned(values.tolist()))
    assert len(quantiles) == MOST_VALUES
    assert abs(quantiles.mean() - values.mean()) < 1e-3
    assert abs(quantiles.std() - values.std()) < 1e-3
    assert thinned([0.3, 0.1]) == (0.1, 0.3)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"n": "many"},
        {"values": {"confidence": [0.1, None]}},
        {"values": {"confidence": [float("nan")]}},
        {"predicted": ["bicycle"]},
        {"threshold": None},
    ],
)
def test_a_malformed_file_is_refused(change: dict[str, object]) -> None:
    wire = {**json.loads(baseline().to_json()), **change}
    with pytest.raises(InvalidBaseline):
        Baseline.from_json(json.dumps(wire))
    for text in ("", "[]", "null", '{"schema": 1}'):
        with pytest.raises(InvalidBaseline):
            Baseline.from_json(text)


def test_too_few_values_have_no_reference() -> None:
    assert baseline().reference("confidence") is baseline().reference("confidence")
    assert baseline().reference("nothing") is None
