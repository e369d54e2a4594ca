"""`scones redrive` against the real definition, as an operator sees it."""

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


def _yesterday() -> str:
    """A recent day: the command asks the ledger for each hour since then."""
    return (datetime.now(UTC) - timedelta(days=1)).date().isoformat()


def test_a_photo_that_cannot_be_driven_does_not_keep_the_others_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [failed(world, f"intake/d{number}/f.jpg") for number in range(3)]
    world.set(photos[2], attempt="many")
    with monkeypatch.context() as patched:
        patched.setattr(Executions, "start", refusing(Executions.start, call=1))
        done = document("redrive", "--all-failed")
    outcomes = {each["photo_id"]: (each["outcome"], each["reason"]) for each in done}
    assert outcomes.keys() == set(photos)
    assert outcomes[photos[2]][0] == "malformed"
    assert {outcomes[photo][0] for photo in photos[:2]} == {"refused", "started"}
    assert any("ThrottlingException" in reason for _, reason in outcomes.values())


@pytest.mark.parametrize(
    ("since", "is_driven"),
    [
        ("{day}T08:00:00+02:00", True),  # 06:00 UTC
        ("{day}T06:30:00Z", True),
        ("{day}T06:30:00", True),
        ("{day}", True),
        ("{day}T07:00:00Z", False),
        ("{day}T04:00:00-03:00", False),
    ],
)
def test_since_is_the_moment_that_is_written(world: World, since: str, is_driven: bool) -> None:
    day = _yesterday()
    photo = failed(world, "intake/d1/f.jpg")
    world.set(photo, received_at=f"{day}T06:45:00Z", received_hour=f"{day}T06")
    words = ("redrive", "--all-failed", "--since", since.format(day=day))
    assert len(document(*words)) == is_driven


@pytest.mark.parametrize("chosen", [lambda photo: [photo], lambda _photo: ["--all-failed"]])
def test_a_failed_photo_is_driven_again(world: World, chosen: Callable[[str], list[str]]) -> None:
    photo = failed(world, "intake/d1/f.jpg")
    done = call("redrive", *chosen(photo))
    assert done.exit_code == OK
    assert f"{photo}  started  intake/d1/f.jpg" in done.stdout
    world.settle()
    assert world.photo(photo)["status"] == "assigned"


def test_a_photo_that_did_not_fail_is_not_driven_again(world: World) -> None:
    world.upload("intake/d1/u.jpg")
    (row,) = world.machine.photos()
    done = call("redrive", row["photo_id"])
    assert done.exit_code == LEFT
    assert world.machine.photos() == [row]


def test_nothing_failed_is_no_error(world: World) -> None:
    assert world.machine.photos() == []
    done = call("redrive", "--all-failed")
    assert (done.exit_code, done.stdout) == (OK, "0 photo(s)\n")
    assert document("redrive", "--all-failed", "--since", _yesterday()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give photos, or --all-failed"),
        (("a" * 64, "--all-failed"), "give photos, or --all-failed"),
        (("nobody's",), "the ledger knows no photo nobody's"),
        (("--all-failed", "--since", "tomorrow"), "--since 'tomorrow' is no time"),
        (("nobody's", "--since", "2026-11-21"), "--since goes with --all-failed"),
    ],
)
def test_what_cannot_be_driven_is_refused_in_words(
    world: World, arguments: tuple[str, ...], said: str
) -> None:
    assert world.machine.photos() == []
    refused = call("redrive", *arguments)
    assert refused.exit_code == WRONG
    assert said in " ".join(refused.stderr.replace("│", " ").split())
