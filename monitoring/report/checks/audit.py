"""Whether audits contradict the model's confidence: the one check that detects concept drift."""

from monitoring.rendering.format import percent
from monitoring.report.checks.check import Check, statistical_check
from monitoring.report.records.tables import LabelledPhotos, confidences_of
from monitoring.statistics.accuracy import expected_accuracy, more_errors_than_expected
from monitoring.statistics.severity import grade

ERROR_FLOOR = 0.01  # one point more errors than the model's confidence predicts


def audit_check(labelled: LabelledPhotos) -> Check | None:
    """Test the errors among audited photos; None where none is audited."""
    if not labelled.audits:
        return None
    expected = 1 - expected_accuracy(confidences_of(labelled.automatic)).value
    margin = labelled.baseline.ece if labelled.baseline else 0.0
    result = more_errors_than_expected(
        len(labelled.errors), len(labelled.audits), expected_share=expected, margin=margin
    )
    return statistical_check(
        "audited_errors",
        grade(result, floor=ERROR_FLOOR, earlier=(), may_persist=False),
        result,
        floor=ERROR_FLOOR,
        rule=f"{result.test}: WATCH at p < 0.01 and one point more errors than the model's "
        "confidence and its calibration error predict; ACT at p < 0.001",
        sentence=f"{len(labelled.errors)} of {result.n} audited photos were wrong; the "
        f"model's confidence predicts {percent(expected)}, and its calibration error allows "
        f"{percent(margin)} more.",
        photos=labelled.errors,
        model_version=labelled.version,
        window="audit",
        has_baseline=False,
    )
