"""The list of accepted findings covers exactly what checkov finds; `make checkov` runs it."""

from tests.checkov import Acceptance, FailedCheck, acceptances, findings_in, problems

FINDING = FailedCheck(check="CKV_1", type="AWS::S3::Bucket", logical_id="Intake", title="versioned")
ENTRY = Acceptance(check="CKV_1", type="AWS::S3::Bucket", only=("Intake",), reason="because")


def test_an_accepted_finding_is_no_problem() -> None:
    assert list(problems([FINDING], [ENTRY])) == []


def test_a_finding_without_an_entry_is_a_problem() -> None:
    other = FailedCheck(
        check="CKV_1", type="AWS::S3::Bucket", logical_id="Labels", title="versioned"
    )
    assert list(problems([FINDING, other], [ENTRY])) == ["not accepted: CKV_1 Labels: versioned"]


def test_an_entry_without_a_finding_is_a_problem() -> None:
    assert list(problems([], [ENTRY])) == ["superfluous entry: CKV_1 Intake"]


def test_a_report_names_resources_by_type_and_logical_id() -> None:
    failed = {
        "check_id": "CKV_1",
        "check_name": "versioned",
        "resource": "AWS::S3::Bucket.Intake12345678",
    }
    assert list(findings_in([{"results": {"failed_checks": [failed]}}])) == [FINDING]


def test_every_entry_has_a_reason_of_its_own() -> None:
    reasons = [entry.reason for entry in acceptances()]
    assert all(len(reason) > 40 for reason in reasons)
    assert len(set(reasons)) == len(reasons)
