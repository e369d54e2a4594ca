"""`scones review`: the address of the page, and a reviewer to sign in as."""

import os
import re
import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from infra.cli import app, review
from infra.local.stage.state_file import READY, UpState, write_state
from infra.operations.errors import PersonRefused
from infra.operations.second_factor import SecondFactor
from infra.operations.target import Target
from infra.operations.users import Provisioned, Role
from tests.infra.user_pools import SECRET

PAGE = "http://127.0.0.1:4569/review"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser would open; none opens."""
    addresses: list[str] = []
    monkeypatch.setenv("SCONES_UP_DIR", str(tmp_path / "up"))

    def note(url: str) -> bool:
        addresses.append(url)
        return True

    monkeypatch.setattr(webbrowser, "open", note)
    return addresses


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Names with their passwords, in place of the user pool."""
    known: dict[str, str] = {}

    def provision(target: Target, *, role: Role, name: str, password_stays: bool) -> Provisioned:
        assert (target.outputs["ReviewersPoolId"], role) == ("pool", Role.REVIEWER)
        assert password_stays
        if "/" in name:
            raise PersonRefused(f"{name!r} cannot be used as a name")
        new = "" if name in known else f"first-of-{name}"
        known.setdefault(name, new)
        return _person(name, new)

    def reset(target: Target, *, role: Role, name: str, password_stays: bool) -> Provisioned:
        assert (target.outputs["ReviewersPoolId"], role) == ("pool", Role.REVIEWER)
        assert password_stays
        known[name] = f"another-of-{name}"
        return _person(name, known[name])

    monkeypatch.setattr(review, "provision", provision)
    monkeypatch.setattr(review, "reset_factor", reset)
    return known


def _person(name: str, password: str) -> Provisioned:
    return Provisioned(
        name=name,
        role=Role.REVIEWER,
        password=password,
        must_change_password=False,
        second_factor=SecondFactor.of(SECRET, name=name, stage="local") if password else None,
    )


def is_up(folder: Path, *, api_url: str = "http://127.0.0.1:4569") -> None:
    write_state(
        folder / "up",
        UpState(
            status=READY,
            pid=os.getpid(),
            pid_started=psutil.Process().create_time(),
            since="2026-11-22T10:00:00+00:00",
            endpoint_url="http://127.0.0.1:4566",
            api_url=api_url,
            outputs={"ReviewersPoolId": "pool"},
        ),
    )


def ask(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["review", *words])
    return result.exit_code, result.output


def test_without_a_system_the_sentence_names_what_to_do(opened: list[str]) -> None:
    code, output = ask()
    assert code == 3
    assert "scones up" in output
    assert not opened


def test_the_page_opens_for_a_reviewer_who_can_sign_in(
    tmp_path: Path, opened: list[str], people: dict[str, str]
) -> None:
    is_up(tmp_path)
    code, output = ask("--as", "rita")
    assert code == 0
    assert opened == [PAGE]
    for text in (PAGE, "rita", people["rita"], SECRET):
        assert text in output
    (code,) = re.findall(r"^code +([0-9]{6}) ", output, re.MULTILINE)
    factor = SecondFactor.of(SECRET, name="rita", stage="local")
    now = datetime.now(UTC)
    assert code in {factor.code(now), factor.code(now + timedelta(seconds=30))}


def test_an_existing_reviewer_gets_a_password_that_works(
    tmp_path: Path, opened: list[str], people: dict[str, str]
) -> None:
    is_up(tmp_path)
    ask("--no-browser")
    code, output = ask("--no-browser")
    assert code == 0
    assert people == {"reviewer": "another-of-reviewer"}
    assert people["reviewer"] in output
    assert not opened


def test_an_impossible_name_is_refused(
    tmp_path: Path, opened: list[str], people: dict[str, str]
) -> None:
    is_up(tmp_path)
    code, output = ask("--as", "a/b")
    assert code == 2
    assert "cannot be used" in output
    assert not opened
    assert not people


def test_a_system_from_before_the_page_must_be_started_again(
    tmp_path: Path, opened: list[str]
) -> None:
    is_up(tmp_path, api_url="")
    code, output = ask()
    assert code == 3
    assert "scones down" in output
    assert not opened
