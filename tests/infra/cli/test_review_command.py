"""`scones review`: the address of the page, and a reviewer to sign in as."""

import os
import webbrowser
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from infra.cli import app, review
from infra.local.stage.state_file import READY, UpState, write_state
from infra.operations.errors import PersonRefused
from infra.operations.target import Target
from infra.operations.users import Provisioned, Role

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

    def provision(target: Target, *, role: Role, name: str, **_: object) -> object:
        assert (target.outputs["UserPoolId"], role) == ("pool", Role.REVIEWER)
        if "/" in name:
            raise PersonRefused(f"{name!r} cannot be used as a name")
        new = "" if name in known else f"first-of-{name}"
        known.setdefault(name, new)
        return Provisioned(name=name, role=role, password=new, must_change_password=False)

    def renew(target: Target, *, name: str) -> str:
        assert target.outputs["UserPoolId"] == "pool"
        known[name] = f"another-of-{name}"
        return known[name]

    monkeypatch.setattr(review, "provision", provision)
    monkeypatch.setattr(review, "renew_password", renew)
    return known


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
            outputs={"UserPoolId": "pool"},
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
    for text in (PAGE, "rita", people["rita"]):
        assert text in output


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
