"""`scones --help` shows every command in its panel, with examples that the parser accepts."""

import re
import shlex
import tomllib

import pytest
import typer
from typer.testing import CliRunner

from infra.cli import COMMANDS, PANELS, PROGRAMS, Command, app
from tests.conftest import ROOT

WIDE = {"COLUMNS": "200", "TERMINAL_WIDTH": "200", "NO_COLOR": "1"}
EXAMPLES = [
    (command.name, example)
    for command in COMMANDS
    for example in command.examples
    if not example.startswith("eval")
]


def _help(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--help"], env=WIDE)
    assert result.exit_code == 0
    return result.output


def test_every_command_is_in_its_panel() -> None:
    panels = re.split(r"╭─ (\w+) ─", _help())
    by_title = dict(zip(panels[1::2], panels[2::2], strict=True))
    assert [title for title in by_title if title != "Options"] == list(PANELS)
    for command in COMMANDS:
        assert re.search(rf"│ {command.name} ", by_title[command.panel]), command.name


def test_help_names_the_programs_beside_it() -> None:
    text = _help()
    for program in PROGRAMS:
        assert program in text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_example_has_its_own_line(command: Command) -> None:
    lines = [line.strip() for line in _help(command.name).splitlines()]
    for example in command.examples:
        assert example in lines


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_is_accepted_by_the_parser(name: str, example: str) -> None:
    program, command, *arguments = shlex.split(example)
    assert (program, command) == ("scones", name)
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    group.commands[name].make_context(name, arguments)


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    result = CliRunner().invoke(app, ["--version"])
    assert re.fullmatch(
        rf"scones {re.escape(project['version'])}( \([0-9a-f]{{12}}\))?\n", result.output
    )
