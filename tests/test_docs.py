"""The documents' commands work, and every command and target is documented."""

import re

import pytest

from infra.cli import COMMANDS
from tests.commands import DOCUMENTS, check, commands_of
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in DOCUMENTS}
EVERYTHING = "\n".join(TEXTS.values())

TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
LISTED = set(re.findall(r"^([a-z0-9-]+):.*## ", MAKEFILE, re.MULTILINE))
README_BYTES = 6 * 1024

# Command lines are only parsed: the programs have tests of their own.
COMMAND_LINES = sorted({tuple(words) for path in DOCUMENTS for words in commands_of(path)})


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= README_BYTES


def test_make_help_lists_every_target() -> None:
    internal = {target for target in TARGETS if target.startswith("setup")}
    assert internal | LISTED == TARGETS


def test_every_make_target_is_documented() -> None:
    assert not {target for target in LISTED - {"help"} if f"make {target}" not in EVERYTHING}


def test_every_make_command_of_the_documents_exists() -> None:
    used = {words[1] for words in COMMAND_LINES if words[0] == "make" and len(words) > 1}
    assert used <= TARGETS


def test_every_command_is_in_the_readme_or_in_operations() -> None:
    text = README + TEXTS["docs/operations.md"]
    assert not {command.name for command in COMMANDS if f"scones {command.name}" not in text}


@pytest.mark.parametrize(
    "words", [words for words in COMMAND_LINES if words[0] == "scones"], ids=" ".join
)
def test_every_command_line_of_the_documents_is_accepted(words: tuple[str, ...]) -> None:
    check(list(words))


@pytest.mark.parametrize(
    "line", ["scones sumbit a.jpg --driver d", "scones up --kept", "python -m training trian"]
)
def test_a_wrong_command_line_is_refused(line: str) -> None:
    with pytest.raises(Exception, match=r"No such (command|option)"):
        check(line.split())


def test_commands_are_found_in_shell_blocks_and_in_sentences(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    document = tmp_path_factory.mktemp("documents") / "a.md"
    document.write_text(
        'Use `scones status`.\n```sh\neval "$(scones env)" && aws s3 ls  # a comment\n'
        ".venv-training/bin/python -m training train\n```\n",
        encoding="utf-8",
    )
    assert sorted(commands_of(document)) == [
        ["python", "-m", "training", "train"],
        ["scones", "env"],
        ["scones", "status"],
    ]


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(number) for number in re.findall(r"^### (\d+)\. ", DECISIONS, re.MULTILINE)]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


def test_every_reference_to_a_decision_leads_to_one() -> None:
    numbers = set(re.findall(r"^### (\d+)\. ", DECISIONS, re.MULTILINE))
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("handlers", "infra", "monitoring", "training", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    pointers = {
        number
        for text in sources
        for number in re.findall(r"docs/decisions\.md, (?:number )?(\d+)", text)
    }
    assert pointers
    assert pointers <= numbers


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "\nmake test " in script
    assert "make test" in README


def test_ci_signs_in_and_runs_the_demo_with_what_a_user_installs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "\nmake test-local\n" in script
    assert "\nmake demo BIN=.venv-local/bin\n" in script
