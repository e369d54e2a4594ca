"""The report says whether the budget of wrong assignments is kept, and never before it is known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.domain.errors import InvalidRecord
from monitoring.report import PhotoFacts, ReportInputs, Window, build_report
from monitoring.report.email import LINKED, compose_email
from monitoring.report.files.documents import report_html
from monitoring.report.records.audits import AuditRecord, DecisionRule
from monitoring.statistics.error_budget import AuditDay
from tests.monitoring.report.a_day import DAY, QUIET, START, inputs, loud, photos

RULE = DecisionRule("m1", QUIET.threshold)


def record(*counts: tuple[int, int]) -> AuditRecord:
    """Return the record of the days before START, with (audited, wrong) of each."""
    first = START - len(counts) * DAY
    days = [f"{first + i * DAY:%Y-%m-%d}" for i in range(len(counts))]
    return AuditRecord(
        {
            RULE: {
                day: AuditDay(day=day, audited=audited, wrong=wrong)
                for day, (audited, wrong) in zip(days, counts, strict=True)
            }
        }
    )


def audit(*, wrong: bool = False, **changes: object) -> PhotoFacts:
    photo = next(p for p in photos(300) if p.review_reason == "audit" and p.verdict == p.vehicle)
    other = next(name for name in QUIET.vehicles if name != photo.vehicle)
    return replace(photo, **({"verdict": other} if wrong else {}) | changes)  # type: ignore[arg-type] # fields by name


def counted(*read: PhotoFacts, earlier: AuditRecord | None = None) -> list[tuple[str, int, int]]:
    again = (earlier or AuditRecord()).read_again(read, start=START, vehicles=QUIET.vehicles)
    return [(day.day, day.audited, day.wrong) for day in again.of(RULE)]


def with_record(audits: AuditRecord) -> ReportInputs:
    return inputs(photos(300), audit_record=audits)


def test_a_broken_budget_is_an_act_and_the_report_s_first_line() -> None:
    report = build_report(with_record(record(*[(48, 0)] * 5, *[(48, 4)] * 10)))
    entry = report.document["budget"][0]
    assert (report.verdict, entry["state"]) == ("ACT", "broken")
    assert entry["broken_since"] == "2026-11-10"
    assert loud(report) == {"error_budget": "ACT"}
    assert report.headline.startswith("Budget of wrong assignments: The budget of 0.50 %")
    assert report.metrics["ErrorBudget"] == 2


def test_a_budget_that_is_not_known_is_never_shown_as_good() -> None:
    report = build_report(with_record(record((48, 0))))
    entry = report.document["budget"][0]
    check = next(check for check in report.checks if check.name == "error_budget")
    assert (entry["state"], check.verdict) == ("not known yet", "NOT ENOUGH DATA")
    assert report.metrics["ErrorBudget"] == 1
    assert entry["more_audits"] > 500
    assert entry["more_days"] == pytest.approx(entry["more_audits"] / 48, rel=1e-4)
    assert '<span class="badge NOT">not known yet</span>' in report_html(report).decode()


def test_a_proved_budget_is_ok_since_the_day_of_its_proof() -> None:
    report = build_report(with_record(record(*[(48, 0)] * 20)))
    entry = report.document["budget"][0]
    assert (entry["state"], entry["kept_since"]) == ("kept", "2026-11-15")
    assert report.metrics["ErrorBudget"] == 0


def test_a_model_or_threshold_that_is_not_in_service_has_no_status() -> None:
    retired = AuditRecord({DecisionRule("m0", 0.5): record((100, 50)).days[RULE]})
    report = build_report(with_record(retired))
    assert [entry["model_version"] for entry in report.document["budget"]] == ["m1"]
    assert "error_budget" not in loud(report)


def test_a_day_without_automatic_assignments_has_no_metric() -> None:
    """It would end the alarm of the day before."""
    assert "ErrorBudget" not in build_report(inputs([])).metrics


def test_a_broken_budget_names_the_threshold_that_would_have_kept_it() -> None:
    received = [audit(photo_id=f"{i:064x}", confidence=0.96) for i in range(40)]
    received += [audit(photo_id=f"{99 + i:064x}", confidence=0.85, wrong=True) for i in range(9)]
    broken = build_report(
        inputs(received, audit_record=record((48, 9)), audited=received)
    ).document["budget"][0]
    assert (broken["state"], broken["keeping_threshold"]) == ("broken", 0.9)
    assert "a threshold of 0.9 would keep it" in broken["sentence"]


def test_the_email_states_the_budget() -> None:
    report = build_report(with_record(record((48, 0))))
    window = Window(start=START, end=START + DAY)
    _, text = compose_email(report, window, links=dict.fromkeys(LINKED, "https://x"), folder="f")
    assert "Whether the budget of 0.50 % is kept is not known yet" in text


def test_a_late_verdict_an_undone_one_and_an_erased_photo_correct_the_days_read_again() -> None:
    before = AuditRecord({RULE: {"2026-11-20": AuditDay(day="2026-11-20", audited=5, wrong=3)}})
    assert counted(audit(), audit(wrong=True), earlier=before) == [("2026-11-20", 2, 1)]
    assert counted(audit(), audit(verdict=""), earlier=before) == [("2026-11-20", 1, 0)]  # undone
    assert counted(audit(), earlier=before) == [("2026-11-20", 1, 0)]  # the other one is erased
    assert counted(earlier=before) == []


def test_days_before_those_read_again_stay_as_they_are_stored() -> None:
    before = record((48, 1), (40, 0))
    assert counted(audit(), earlier=before) == [
        ("2026-11-18", 48, 1),
        ("2026-11-19", 40, 0),
        ("2026-11-20", 1, 0),
    ]


def test_a_day_of_which_only_a_part_is_read_again_stays_as_it_is_stored() -> None:
    before = AuditRecord({RULE: {"2026-11-20": AuditDay(day="2026-11-20", audited=5, wrong=3)}})
    start = START + timedelta(hours=6)
    again = before.read_again([audit()], start=start, vehicles=QUIET.vehicles)
    assert [day.audited for day in again.of(RULE)] == [5]


def test_only_labelled_audits_of_automatic_decisions_count() -> None:
    others = [
        audit(review_reason="contested"),
        audit(review_reason="low_confidence"),
        audit(review_reason=""),
        audit(verdict="unusable"),
    ]
    assert counted(*others) == []


def test_a_rule_out_of_service_for_half_a_year_is_forgotten() -> None:
    old = AuditRecord({RULE: {"2026-01-01": AuditDay(day="2026-01-01", audited=5, wrong=0)}})
    assert counted(earlier=old) == []


def test_a_record_is_read_as_it_is_written() -> None:
    kept = record((48, 1), (40, 0))
    assert AuditRecord.from_json(kept.to_json()) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"rules":[{"model_version":"m","threshold":0.9,"days":{"2026-11-20":[1,2]}}]}',
        '{"rules":[{"model_version":"m","threshold":0.9,"days":{"yesterday":[1,0]}}]}',
    ],
)
def test_a_malformed_record_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord):
        AuditRecord.from_json(text)
