"""Risk and coverage, the confusion matrix and the perturbations, checked by hand."""

import numpy as np
import pytest

from handlers.domain.photo import wire_image
from tests.pictures import a_jpeg
from training.evaluation.curves import confusion, risk_coverage, threshold_table
from training.evaluation.perturbations import TURNED_WITH_EXIF, altered


def test_altered_photos_are_accepted_by_serialize() -> None:
    copies = altered(a_jpeg((400, 300)))
    sizes = {}
    for name, content in copies.items():
        prepared = wire_image.prepare(content)
        assert isinstance(prepared, wire_image.Prepared), name
        sizes[name] = (prepared.quality.width, prepared.quality.height)
    assert sizes["lying on its side"] == (168, 224)
    assert sizes[TURNED_WITH_EXIF] == (224, 168)
    assert sizes["small (32 pixels)"] == (32, 24)


def test_bytes_that_are_not_a_photo_have_no_alterations() -> None:
    assert altered(b"not a photo") == {}


def test_risk_rises_as_more_is_assigned() -> None:
    probabilities = np.array([[0.99, 0.01], [0.9, 0.1], [0.8, 0.2], [0.4, 0.6]])
    labels = np.array([0, 0, 1, 1])
    curve = risk_coverage(probabilities, labels, vehicles=[0])
    assert [(point.threshold, point.risk.count, point.risk.of) for point in curve] == [
        (0.99, 0, 1),
        (0.9, 0, 2),
        (0.8, 1, 3),
    ]
    assert [point.coverage for point in curve] == [0.5, 1.0, 1.0]


def test_curve_counts_photos_with_a_quality_defect_as_not_assigned() -> None:
    probabilities = np.array([[0.99, 0.01], [0.9, 0.1]])
    curve = risk_coverage(
        probabilities, np.array([0, 0]), vehicles=[0], has_defect=np.array([True, False])
    )
    assert [(point.threshold, point.coverage, point.risk.of) for point in curve] == [(0.9, 0.5, 1)]


def test_model_that_assigns_nothing_has_no_curve() -> None:
    assert risk_coverage(np.array([[0.1, 0.9]]), np.array([0]), vehicles=[0]) == []


def test_confusion_has_truth_in_rows() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    assert confusion(probabilities, np.array([0, 1, 1]), 2).tolist() == [[1, 0], [1, 1]]


def test_reviews_and_wrong_assignments_are_counted_at_every_threshold() -> None:
    probabilities = np.array([[0.99, 0.01], [0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.95, 0.05]])
    labels = np.array([0, 0, 1, 1, 0])
    has_defect = np.array([False] * 4 + [True])
    rows = threshold_table(
        probabilities, labels, vehicles=[0], has_defect=has_defect, thresholds=[0.5, 0.85, 1.0]
    )
    assert [(row.assigned, row.reviews, row.wrong) for row in rows] == [
        (3, 2, 1),
        (2, 3, 0),
        (0, 5, 0),
    ]
    assert [row.vehicles_assigned.count for row in rows] == [2, 2, 0]
    # Exact: so few wrong ones have a probability of 5 % at this rate.
    assert rows[1].wrong_bound == pytest.approx(1 - 0.05**0.5)
    assert rows[0].wrong_bound == pytest.approx(0.8646, abs=1e-4)
    assert rows[2].wrong_bound is None
