"""Do audits contradict the model's own confidence? The one check that sees concept drift."""

from monitoring.report.accuracy import Judgements, confidences
from monitoring.report.advice import ADVICE, TITLES
from monitoring.report.check import Check
from monitoring.report.examples import EXAMPLES
from monitoring.report.units import percent
from monitoring.statistics.accuracy import expected_accuracy, more_errors_than_expected
from monitoring.statistics.severity import grade

ERROR_FLOOR = 0.01  # one point more errors than the model admits


def contradiction(judgements: Judgements) -> Check | None:
    """Do audits contradict the model's own confidence?"""
    if not judgements.audits:
        return None
    expected = 1 - expected_accuracy(confidences(judgements.automatic)).value
    margin = judgements.baseline.ece if judgements.baseline else 0.0
    result = more_errors_than_expected(
        len(judgements.errors), len(judgements.audits), expected_share=expected, margin=margin
    )
    level = grade(result, floor=ERROR_FLOOR, earlier=(), may_persist=False)
    return Check(
        name="audited_errors",
        title=TITLES["audited_errors"],
        level=level,
        rule=f"{result.test}: WATCH at p < 0.01 and one point more errors than the model's "
        "confidence and its calibration error admit; ACT at p < 0.001",
        sentence=f"{len(judgements.errors)} of {result.n} audited photos were wrong; the "
        f"model admits {percent(expected)}, and {percent(margin)} for its calibration.",
        advice=ADVICE["audited_errors"],
        n=result.n,
        model_version=judgements.version,
        window="audit",
        test=result.test,
        statistic=result.statistic,
        critical_watch=result.critical_watch,
        critical_act=result.critical_act,
        p=result.p,
        effect=result.effect,
        floor=ERROR_FLOOR,
        direction=result.direction,
        photos=tuple(photo.photo_id for photo in judgements.errors[:EXAMPLES]),
    )
