"""Commands with `--stack`: what they do on a deployed stage, and which rights they need there."""

import json
import webbrowser
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from typer.testing import CliRunner, Result

from handlers.domain.timestamps import stamp
from infra.cli import app
from infra.cli.target import target
from tests.infra.cli.deployed_stage import (
    API_URL,
    STACK,
    DeployedStage,
    deployed_stage,
    stub_stacks,
)

PHOTO = "a" * 64
COUNTED_BY_HOUR = {
    *("dynamodb:BatchGetItem", "dynamodb:Query"),
    *("sqs:GetQueueAttributes", "stepfunctions:ListExecutions"),
}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DeployedStage]:
    """A deployed stage; nothing runs on this laptop."""
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path / "up"))
    with deployed_stage(monkeypatch) as deployed:
        yield deployed


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser would open."""
    addresses: list[str] = []

    def note(url: str) -> bool:
        addresses.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    return addresses


def call(*arguments: object, stack: str = STACK) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--stack", stack])


def document(*arguments: object) -> Any:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def a_file(folder: Path) -> Path:
    file = folder / "bike.JPG"
    file.write_bytes(b"x")
    return file


def test_status_counts_the_photos_of_the_last_day_and_scans_no_table(stage: DeployedStage) -> None:
    old = datetime.now(UTC) - timedelta(hours=30)
    stage.photo(PHOTO)
    stage.photo("b" * 64, status="received")
    stage.photo("c" * 64, received_at=stamp(old), received_hour=f"{old:%Y-%m-%dT%H}")
    stage.forget_calls()
    status = document("status")
    assert set(stage.calls) == COUNTED_BY_HOUR
    assert (status["stage"], status["status"]) == ("prod", "CREATE_COMPLETE")
    assert (status["photos"], status["in_flight"]) == ({"assigned": 1, "received": 1}, 1)
    assert datetime.now(UTC) - datetime.fromisoformat(status["photos_since"]) > timedelta(hours=23)
    assert status["queues"] == {"Review": 0, "Failures": 0}
    assert status["executions_running"] == 0
    assert status["review_url"] == f"{API_URL}/review"
    # What only this laptop has is empty.
    assert status["processes"] == {}
    assert not any(status[name] for name in ("endpoint_url", "page_url", "kept", "drop_folder"))
    text = call("status").stdout
    assert "prod: CREATE_COMPLETE since " in text
    assert "processes" not in text


def test_a_pause_is_shown_by_status_until_resume(stage: DeployedStage) -> None:
    paused = document("pause", "--reason", "new endpoint")
    assert (paused["paused"], paused["reason"]) == (True, "new endpoint")
    assert document("pause", "--reason", "again") == paused
    assert document("status")["controls"]["intake"] == paused
    assert f"PAUSED, photos wait, since {paused['since']} by {paused['by']}: new endpoint" in (
        call("status").stdout
    )
    stage.forget_calls()
    assert not document("resume")["paused"]
    assert set(stage.calls) == {
        *("dynamodb:BatchGetItem", "dynamodb:PutItem", "sts:GetCallerIdentity"),
    }
    assert "PAUSED" not in call("status").stdout


def test_an_open_breaker_and_a_control_that_cannot_be_read_are_shown_by_status(
    stage: DeployedStage,
) -> None:
    breaker = {"name": {"S": "breaker"}, "open": {"BOOL": True}, "reason": {"S": "EndpointDown"}}
    stage.client("dynamodb").put_item(TableName="controls", Item=breaker)
    stage.photo(PHOTO, status="received", pending="parked")
    item = {"name": {"S": "intake"}, "paused": {"S": "yes"}}
    stage.client("dynamodb").put_item(TableName="controls", Item=item)
    assert document("status")["controls"]["unreadable"] == ["intake"]
    text = call("status").stdout
    assert "controls: intake" in text
    assert "EndpointDown" in text
    assert "1 photos wait for capacity" in text


def test_a_backfill_is_estimated_then_made_and_needs_few_rights(stage: DeployedStage) -> None:
    stage.client("s3").put_object(Bucket="intake", Key="intake/anna/a.jpg", Body=b"x")
    stage.forget_calls()
    assert "1 photos to start" in call("backfill", "intake/anna/", "--dry-run").stdout
    assert set(stage.calls) == {"s3:ListObjectVersions", "dynamodb:BatchGetItem"}
    stage.forget_calls()
    assert document("backfill", "intake/anna/")["started"] == 1
    assert set(stage.calls) == {
        *("s3:ListObjectVersions", "dynamodb:BatchGetItem", "dynamodb:Query"),
        "stepfunctions:StartExecution",
    }


def test_status_of_a_photo_needs_its_whole_id(stage: DeployedStage) -> None:
    stage.photo(PHOTO)
    stage.forget_calls()
    photo = document("status", PHOTO)
    assert set(stage.calls) == {"dynamodb:GetItem", "stepfunctions:GetExecutionHistory"}
    assert (photo["status"], photo["vehicle"], photo["seconds"]) == ("assigned", "car", 2.0)
    refused = call("status", PHOTO[:8])
    assert refused.exit_code == 2
    assert refused.stderr.startswith("scones: give the whole id of 64 characters")


def test_a_photo_whose_execution_has_no_history_is_shown_without_steps(
    stage: DeployedStage,
) -> None:
    stage.photo(PHOTO)
    assert document("status", PHOTO)["steps"] is None
    assert "no history" in call("status", PHOTO).stdout


@pytest.mark.usefixtures("stage")
def test_status_of_an_express_machine_counts_no_executions(monkeypatch: pytest.MonkeyPatch) -> None:
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def express(client: Any, operation: str, arguments: Any) -> Any:
        if operation == "ListExecutions":
            raise client.exceptions.StateMachineTypeNotSupported(
                {"Error": {"Code": "StateMachineTypeNotSupported"}}, operation
            )
        return make_call(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", express)
    assert document("status")["executions_running"] is None
    assert "not listed: Express" in call("status").stdout


def test_status_of_a_driver_reads_photos_and_assignment(stage: DeployedStage) -> None:
    stage.photo(PHOTO)
    stage.forget_calls()
    driver = document("status", "--driver", "anna")
    assert set(stage.calls) == {"dynamodb:Query", "dynamodb:GetItem"}
    assert driver["assignment"] is None
    assert [row["photo_id"] for row in driver["photos"]] == [PHOTO]


def test_submit_uploads_with_the_right_to_put_alone(stage: DeployedStage, tmp_path: Path) -> None:
    (row,) = document("submit", a_file(tmp_path), "--driver", "anna")
    assert stage.calls == ["s3:PutObject"]
    assert row["outcome"] is None
    objects = stage.client("s3").list_objects_v2(Bucket="intake")["Contents"]
    assert [stored["Key"] for stored in objects] == [row["key"]]
    assert row["key"].startswith("intake/anna/")
    assert row["key"].endswith(".jpg")


def test_submit_with_wait_reads_the_outcome(
    stage: DeployedStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.operations.upload.photo_id", lambda **_: PHOTO)
    stage.photo(PHOTO, status="rejected", reason="corrupt")
    stage.forget_calls()
    (row,) = document("submit", a_file(tmp_path), "--driver", "anna", "--wait")
    assert stage.calls == ["s3:PutObject", "dynamodb:BatchGetItem"]
    assert (row["outcome"], row["reason"]) == ("rejected", "corrupt")


def test_one_refused_file_uploads_none(stage: DeployedStage, tmp_path: Path) -> None:
    refused = call("submit", a_file(tmp_path), tmp_path / "missing.jpg", "--driver", "anna")
    assert refused.exit_code == 2
    assert "missing.jpg" in refused.stderr
    assert stage.calls == []


def test_known_items_are_kept_in_the_stack(stage: DeployedStage) -> None:
    stage.photo(PHOTO, review="open")
    stage.forget_calls()
    assert document("known", PHOTO, "van") == {PHOTO: "van"}
    assert set(stage.calls) == {"ssm:GetParameter", "dynamodb:GetItem", "dynamodb:PutItem"}
    assert document("known") == {PHOTO: "van"}


def test_provision_creates_a_person_in_the_user_pool_of_the_stack(stage: DeployedStage) -> None:
    person = document("provision", "reviewer", "rita")
    assert person["must_change_password"]
    assert person["second_factor"]["uri"].startswith("otpauth://totp/Scones")
    pool = stage.outputs["ReviewersPoolId"]
    groups = stage.client("cognito-idp").admin_list_groups_for_user(
        UserPoolId=pool, Username="rita"
    )["Groups"]
    assert [group["GroupName"] for group in groups] == ["reviewers"]


def test_review_opens_the_page_of_the_stack_and_creates_no_reviewer(
    stage: DeployedStage, opened: list[str]
) -> None:
    result = call("review")
    assert result.exit_code == 0
    assert opened == [f"{API_URL}/review"]
    assert f"scones provision reviewer NAME --stack {STACK}" in result.stdout
    assert "password" not in result.stdout
    assert stage.calls == []


def test_review_as_a_new_reviewer_creates_them_with_a_temporary_password(
    stage: DeployedStage, opened: list[str]
) -> None:
    result = call("review", "--as", "rita", "--no-browser")
    assert result.exit_code == 0
    assert "(until the first sign-in)" in result.stdout
    assert opened == []
    user = stage.client("cognito-idp").admin_get_user(
        UserPoolId=stage.outputs["ReviewersPoolId"], Username="rita"
    )
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"


@pytest.mark.usefixtures("opened")
def test_review_never_changes_the_password_of_an_existing_reviewer(stage: DeployedStage) -> None:
    call("review", "--as", "rita")
    stage.forget_calls()
    result = call("review", "--as", "rita")
    assert "password  unchanged" in result.stdout
    assert "cognito-idp:AdminSetUserPassword" not in stage.calls


@pytest.mark.parametrize(
    "command", [("reconcile", "--older-than-minutes", "0"), ("redrive", "--all-failed")]
)
def test_repairing_commands_write_nothing_if_nothing_is_broken(
    stage: DeployedStage, command: tuple[str, ...]
) -> None:
    assert call(*command).exit_code == 0
    assert stage.calls
    reading = ("Get", "List", "Query", "Scan", "BatchGet", "Describe", "Receive")
    assert [name for name in stage.calls if not name.partition(":")[2].startswith(reading)] == []


COMMANDS = [
    ("status",),
    ("submit", __file__, "--driver", "anna"),
    ("known",),
    ("provision", "driver", "anna"),
    ("review",),
    ("reconcile",),
    ("redrive", "--all-failed"),
    ("threshold", "show"),
    ("pause",),
    ("resume",),
    ("backfill", "intake/"),
    ("restore-ledger", "--photos-from", "photos-restored"),
    ("doctor",),
    ("report",),
    ("baseline",),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("stack", "sentence"),
    [
        ("Scones-beta-Pipeline", "the account and region have no stack Scones-beta-Pipeline"),
        ("Scones-prod-Serving", "Scones-prod-Serving is not a stack of a stage"),
    ],
)
@pytest.mark.usefixtures("opened")
def test_an_unknown_stack_is_one_sentence(
    command: tuple[str, ...], stack: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub_stacks(monkeypatch, {})
    refused = call(*command, stack=stack)
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"scones: {sentence}")
    assert refused.stderr.count("\n") == 1


@pytest.mark.usefixtures("opened")
def test_an_output_that_the_stack_lacks_is_named(stage: DeployedStage) -> None:
    stage.stacks["Scones-old-Pipeline"] = {"PhotosTable": "photos"}
    for command, output in (
        (("review",), "ApiUrl"),
        (("provision", "driver", "anna"), "DriversPoolId"),
        (("report",), "ReportFunction"),
        (("known",), "ReviewersTable"),
        (("threshold",), "PolicyOverrideParameter"),
        (("pause",), "ControlsTable"),
        (("backfill", "intake/"), "IntakeBucket"),
        (("status",), "StateMachineArn"),
        (("redrive", "--queue", "schedules"), "ScheduleDeadLettersUrl"),
    ):
        refused = call(*command, stack="Scones-old-Pipeline")
        assert refused.exit_code == 2, command
        assert f"output {output}: deploy it again" in refused.stderr


def a_stage_file(folder: Path, text: str) -> Path:
    (folder / "prod.toml").write_text(text, encoding="utf-8")
    return folder


def test_account_and_region_are_those_of_the_stages_file(
    stage: DeployedStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.stacks
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    named = a_stage_file(tmp_path, 'account = "123456789012"\nregion = "eu-west-1"\n')
    assert target(STACK, stages=named).session.region_name == "eu-west-1"
    a_stage_file(tmp_path, 'region = "eu-west-3"\n')
    assert target(STACK, stages=tmp_path).session.region_name == "eu-west-3"
    (tmp_path / "prod.toml").unlink()
    assert target(STACK, stages=tmp_path).session.region_name == "us-east-1"


def test_credentials_of_another_account_than_the_files_are_refused(
    stage: DeployedStage, tmp_path: Path
) -> None:
    assert stage.stacks
    folder = a_stage_file(tmp_path, 'account = "210987654321"\nregion = "eu-west-1"\n')
    arguments = ["doctor", "prod", "--stages", str(folder)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "for account 123456789012, and stages/prod.toml names 210987654321" in result.output
    (folder / "prod.toml").write_text("sweep_every_minutes = 0\n", encoding="utf-8")
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, "it must be from 5 to 1440" in result.output) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "build/model"),
        ("--non-root",),
        ("--build", "--model", "build/model", "--model-url", "s3://b/model.tar.gz"),
        ("--build", "--non-root", "--image-uri", "i"),
        ("--build", "--model-url", "s3://b/model.tar.gz", "--image-uri", "i"),
    ],
)
def test_options_of_a_deployment_that_would_be_ignored_are_refused(
    arguments: tuple[str, ...],
) -> None:
    result = CliRunner().invoke(app, ["deploy", "dev", *arguments])
    assert result.exit_code == 2
    assert "--build" in result.output


def test_a_path_is_no_name_of_a_stage() -> None:
    for command in ("deploy", "rollback", "doctor"):
        result = CliRunner().invoke(app, [command, "../stages/prod"])
        assert (result.exit_code, "is not the name of a stage" in result.output) == (2, True), (
            command
        )
