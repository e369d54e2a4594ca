"""`scones redrive` against the real definition, as an operator uses it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from handlers.aws.executions import Executions
from tests.workflow.faulty_pipeline import FaultyPipeline
from tests.workflow.operator_commands import (
    EXIT_OK,
    EXIT_UNREPAIRED,
    EXIT_USAGE_ERROR,
    run_command,
    run_json_command,
    throttled_at,
    upload_failed,
)

pytestmark = pytest.mark.usefixtures("operated")


def _yesterday() -> str:
    """A recent day: the command asks the ledger for each hour since then."""
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def test_a_photo_that_cannot_be_started_does_not_hold_up_the_others(
    pipeline: FaultyPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [upload_failed(pipeline, f"intake/d{number}/f.jpg") for number in range(3)]
    pipeline.overwrite(photos[2], attempt="many")
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", throttled_at(Executions.start, call=1))
        results = run_json_command("redrive", "--all-failed")
    outcomes = {row["photo_id"]: (row["outcome"], row["reason"]) for row in results}
    assert outcomes.keys() == set(photos)
    assert outcomes[photos[2]][0] == "malformed"
    assert {outcomes[photo][0] for photo in photos[:2]} == {"refused", "started"}
    assert any("ThrottlingException" in reason for _, reason in outcomes.values())


@pytest.mark.parametrize(
    ("since", "is_started"),
    [
        ("{day}T08:00:00+02:00", True),  # 06:00 UTC
        ("{day}T06:30:00Z", True),
        ("{day}T06:30:00", True),
        ("{day}", True),
        ("{day}T07:00:00Z", False),
        ("{day}T04:00:00-03:00", False),
    ],
)
def test_since_is_read_with_its_offset(
    pipeline: FaultyPipeline, since: str, is_started: bool
) -> None:
    day = _yesterday()
    photo = upload_failed(pipeline, "intake/d1/f.jpg")
    pipeline.overwrite(photo, received_at=f"{day}T06:45:00Z", received_hour=f"{day}T06")
    words = ("redrive", "--all-failed", "--since", since.format(day=day))
    assert len(run_json_command(*words)) == is_started


@pytest.mark.parametrize("chosen", [lambda photo: [photo], lambda _photo: ["--all-failed"]])
def test_a_failed_photo_is_started_again(
    pipeline: FaultyPipeline, chosen: Callable[[str], list[str]]
) -> None:
    photo = upload_failed(pipeline, "intake/d1/f.jpg")
    result = run_command("redrive", *chosen(photo))
    assert result.exit_code == EXIT_OK
    assert f"{photo}  started  intake/d1/f.jpg" in result.stdout
    pipeline.wait_for_executions()
    assert pipeline.photo(photo)["status"] == "assigned"


def test_a_photo_that_did_not_fail_is_not_started_again(pipeline: FaultyPipeline) -> None:
    pipeline.upload("intake/d1/u.jpg")
    (row,) = pipeline.workflow.photos()
    result = run_command("redrive", row["photo_id"])
    assert result.exit_code == EXIT_UNREPAIRED
    assert pipeline.workflow.photos() == [row]


def test_no_failed_photos_are_not_an_error(pipeline: FaultyPipeline) -> None:
    assert pipeline.workflow.photos() == []
    result = run_command("redrive", "--all-failed")
    assert (result.exit_code, result.stdout) == (EXIT_OK, "0 photo(s)\n")
    assert run_json_command("redrive", "--all-failed", "--since", _yesterday()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "give photos, or --all-failed, or --queue"),
        (("a" * 64, "--all-failed"), "give photos, or --all-failed, or --queue"),
        (("f" * 64,), f"the ledger has no photo {'f' * 64}"),
        (("--all-failed", "--since", "tomorrow"), "--since 'tomorrow' is not a time"),
        (("--all-failed", "--since", "0001-01-01"), "is more than 400 days ago"),
        (("--all-failed", "--since", "0001-01-01T00:00:00+02:00"), "is not a time"),
        (("--all-failed", "--since", "9999-12-31"), "is in the future"),
        (("unknown", "--since", "2026-11-21"), "--since goes with --all-failed"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(
    pipeline: FaultyPipeline, arguments: tuple[str, ...], sentence: str
) -> None:
    assert pipeline.workflow.photos() == []
    refused = run_command("redrive", *arguments)
    assert refused.exit_code == EXIT_USAGE_ERROR
    assert sentence in " ".join(refused.stderr.replace("│", " ").split())
