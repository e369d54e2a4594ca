"""`scones redrive` against the real definition, as an operator uses it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from handlers.aws.executions import Executions
from tests.workflow.damaged_inventory import World
from tests.workflow.operators import (
    LEFT,
    OK,
    WRONG,
    call,
    document,
    failed,
    refusing,
)

pytestmark = pytest.mark.usefixtures("operated")


@pytest.fixture
def pipeline(world: World) -> World:
    """The running system of the commands."""
    return world


def _yesterday() -> str:
    """A recent day: the command asks the ledger for each hour since then."""
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def test_a_photo_that_cannot_be_started_does_not_hold_up_the_others(
    pipeline: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [failed(pipeline, f"intake/d{number}/f.jpg") for number in range(3)]
    pipeline.set(photos[2], attempt="many")
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", refusing(Executions.start, call=1))
        results = document("redrive", "--all-failed")
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
def test_since_is_read_with_its_offset(pipeline: World, since: str, is_started: bool) -> None:
    day = _yesterday()
    photo = failed(pipeline, "intake/d1/f.jpg")
    pipeline.set(photo, received_at=f"{day}T06:45:00Z", received_hour=f"{day}T06")
    words = ("redrive", "--all-failed", "--since", since.format(day=day))
    assert len(document(*words)) == is_started


@pytest.mark.parametrize("chosen", [lambda photo: [photo], lambda _photo: ["--all-failed"]])
def test_a_failed_photo_is_started_again(
    pipeline: World, chosen: Callable[[str], list[str]]
) -> None:
    photo = failed(pipeline, "intake/d1/f.jpg")
    result = call("redrive", *chosen(photo))
    assert result.exit_code == OK
    assert f"{photo}  started  intake/d1/f.jpg" in result.stdout
    pipeline.settle()
    assert pipeline.photo(photo)["status"] == "assigned"


def test_a_photo_that_did_not_fail_is_not_started_again(pipeline: World) -> None:
    pipeline.upload("intake/d1/u.jpg")
    (row,) = pipeline.machine.photos()
    result = call("redrive", row["photo_id"])
    assert result.exit_code == LEFT
    assert pipeline.machine.photos() == [row]


def test_no_failed_photos_are_not_an_error(pipeline: World) -> None:
    assert pipeline.machine.photos() == []
    result = call("redrive", "--all-failed")
    assert (result.exit_code, result.stdout) == (OK, "0 photo(s)\n")
    assert document("redrive", "--all-failed", "--since", _yesterday()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "give photos, or --all-failed"),
        (("a" * 64, "--all-failed"), "give photos, or --all-failed"),
        (("unknown",), "the ledger has no photo unknown"),
        (("--all-failed", "--since", "tomorrow"), "--since 'tomorrow' is not a time"),
        (("unknown", "--since", "2026-11-21"), "--since goes with --all-failed"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(
    pipeline: World, arguments: tuple[str, ...], sentence: str
) -> None:
    assert pipeline.machine.photos() == []
    refused = call("redrive", *arguments)
    assert refused.exit_code == WRONG
    assert sentence in " ".join(refused.stderr.replace("│", " ").split())
