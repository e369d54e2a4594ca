"""Every figure of the documents is claimed, has a command, and equals its last measurement."""

import datetime
import importlib.util
import json
import re
import shlex
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.cli import app
from tests.benchmarks import documents, figures
from tests.benchmarks.claims import Claim, InvalidClaim, load_claims, load_exempt, resolve
from tests.test_docs import TARGETS

CLAIMS = load_claims()
DATED = {"measured": datetime.date(2026, 11, 30), "commit": "05d84f6"}
# Decisions keep what was known when they were made; training writes the card's own figures, and
# tests/bursts and tests/cost make their tables again.
MADE_AGAIN = {"bursts.md", "cost.md", "scale.md"}
WITH_FIGURES_OF_THEIR_OWN = {"decisions.md", documents.CARD.name} | MADE_AGAIN
# A number with a unit in which this project measures something.
UNITS = r"%|ms|s|MB|kB|GB|USD|(?:photos |verdicts )?a (?:second|minute|month)"
FIGURE = re.compile(rf"\d[\d.,]*[ \u00a0]?(?:{UNITS})(?!\w)")


def a_claim(**changed: Any) -> Claim:
    printing = """python -c 'print("measuring"); print("{\\"row\\": {\\"cpu_s\\": 2.04}}")'"""
    fields = {
        "id": "speed",
        "group": "Speed",
        "figure": "CPU time",
        "value": Decimal("2.0"),
        "unit": "s",
        "command": printing,
        "read": "/row/cpu_s",
        "cost": "cheap",
    }
    return Claim(**{**fields, **DATED, **changed})


def a_share(**changed: Any) -> Claim:
    return a_claim(value=None, unit="", count=746, of=757, **changed)


@pytest.mark.parametrize("path", documents.documents(), ids=lambda path: path.name)
def test_a_document_shows_the_claimed_figures(path: Path) -> None:
    """`make figures-docs` updates it."""
    assert path.read_text(encoding="utf-8") == documents.rendered(path, CLAIMS)


def test_the_list_of_figures_is_up_to_date() -> None:
    assert documents.FIGURES.read_text(encoding="utf-8") == documents.figures(CLAIMS)


@pytest.mark.parametrize(
    "path",
    [path for path in documents.documents() if path.name not in WITH_FIGURES_OF_THEIR_OWN],
    ids=lambda path: path.name,
)
def test_a_document_shows_no_figure_without_a_claim(path: Path) -> None:
    text = documents.without_claims(path.read_text(encoding="utf-8"))
    unclaimed = {match[0] for match in FIGURE.finditer(text)} - load_exempt()
    assert not unclaimed, "claim them in docs/figures.toml, or exempt them there with a reason"


def test_a_figure_in_prose_is_recognized_and_one_with_a_claim_is_not() -> None:
    prose = (
        "Starts in 4.1 s. `sleep 5 s` <!-- figure: speed -->2.0 s<!-- /figure --> at 28 a second"
    )
    text = documents.without_claims(prose)
    assert FIGURE.findall(text) == ["4.1 s", "28 a second"]


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_command_of_a_claim_exists(claim: Claim) -> None:
    program, *words = shlex.split(claim.command)
    if program == "make":
        assert words[0] in TARGETS
    elif program == "scones":
        assert words[0] in {
            command.callback.__name__ for command in app.registered_commands if command.callback
        }
    else:
        assert (program, words[0]) == ("python", "-m")
        assert importlib.util.find_spec(words[1]), f"there is no module {words[1]}"


@pytest.mark.parametrize(
    "claim", [claim for claim in CLAIMS.values() if claim.record], ids=lambda claim: claim.id
)
def test_a_claim_equals_its_record(claim: Claim) -> None:
    assert claim.agrees(figures.recorded(claim)), claim.shown(figures.recorded(claim))


@pytest.mark.parametrize(
    "command", sorted({claim.command for claim in CLAIMS.values() if claim.cost == "cheap"})
)
def test_cheap_claims_equal_new_measurements(command: str) -> None:
    """One test a command, so that it runs once even if tests run on several processors."""
    chosen = [claim for claim in CLAIMS.values() if claim.command == command]
    results = list(figures.measured(chosen))
    if skipped := {result.skipped for result in results} - {""}:
        pytest.skip("; ".join(skipped))
    assert not [(result.claim.text(), result.now) for result in results if not result.agrees]


def test_the_readme_has_at_most_five_figures() -> None:
    headlines = [claim for claim in CLAIMS.values() if claim.headline]
    assert 1 <= len(headlines) <= 5
    with pytest.raises(InvalidClaim, match="6 headline figures"):
        documents.headlines([a_claim(headline=True)] * 6)


def test_a_measurement_within_the_tolerance_agrees() -> None:
    (result,) = figures.measured([a_claim(tolerance=Decimal("0.1"))])
    assert (result.agrees, result.now) == (True, "2.04 s")


@pytest.mark.parametrize(
    ("now", "tolerance", "agrees"),
    [(2.04, "0", True), (2.06, "0", False), (2.06, "0.1", True), (1.84, "0.1", False)],
)
def test_a_difference_within_the_claims_rounding_does_not_count(
    now: float, tolerance: str, agrees: bool
) -> None:
    assert a_claim(tolerance=Decimal(tolerance)).agrees(now) is agrees


def test_a_share_is_measured_exactly() -> None:
    assert a_share().agrees({"count": 746, "of": 757})
    assert not a_share().agrees({"count": 746, "of": 753})


def test_a_share_shows_counts_and_interval() -> None:
    forms = [a_share().text(form) for form in ("value", "counts", "interval")]
    assert forms == ["98.5 %", "746 of 757", "97.4–99.2 %"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"command": "python -c 'raise SystemExit(3)'"}, "CannotMeasure"),
        ({"command": "python -c 'print(1)'"}, "CannotMeasure"),
        ({"command": "no-such-program"}, "CannotMeasure"),
        ({"read": "/row/wall_s"}, "KeyError"),
    ],
)
def test_a_command_that_does_not_work_fails_its_claim(changed: Mapping[str, str], why: str) -> None:
    (result,) = figures.measured([a_claim(**changed)])
    assert not result.agrees
    assert f"failed: {why}" in result.now


def test_a_claim_whose_data_is_absent_is_skipped_with_a_reason() -> None:
    (result,) = figures.measured([a_claim(needs=("../no-such-folder",))])
    assert (result.agrees, result.skipped) == (False, "../no-such-folder is absent")


@pytest.mark.parametrize(
    "changed",
    [{"count": 1, "of": 2}, {"value": None}, {"cost": "free"}, {"read": "row.cpu_s"}],
    ids=str,
)
def test_an_invalid_claim_is_refused(changed: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidClaim):
        a_claim(**changed)


def test_an_inline_figure_without_a_claim_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    document.write_text("<!-- figure: unknown -->1 s<!-- /figure -->", encoding="utf-8")
    with pytest.raises(InvalidClaim, match=r"some\.md shows unknown"):
        documents.rendered(document, {"speed": a_claim()})


def test_an_inline_figure_shows_its_claim(tmp_path: Path) -> None:
    document = tmp_path / "some.md"
    marked = "takes <!-- figure: speed -->{}<!-- /figure -->."
    document.write_text(marked.format("9 s"), encoding="utf-8")
    assert documents.rendered(document, {"speed": a_claim()}) == marked.format("2.0 s")


def test_a_pointer_leads_through_objects_and_arrays() -> None:
    document = json.loads('{"a/b": [{"m~n": 1}]}')
    assert resolve(document, "/a~1b/0/m~0n") == 1


def test_the_table_of_measurements_shows_differences_and_skipped_claims(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = [a_claim(), a_claim(id="wrong", value=Decimal("3.0")), a_claim(id="no", needs=("no",))]
    monkeypatch.setattr(figures, "load_claims", lambda: {claim.id: claim for claim in claims})
    monkeypatch.setattr(sys, "argv", ["figures"])
    assert figures.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "agrees   speed: claimed 2.0 s, now 2.04 s",
        "DIFFERS  wrong: claimed 3.0 s, now 2.04 s",
        "skipped  no: no is absent",
        "1 differ or failed; 0 cost more and were left out",
    ]
