"""Find the command lines in the documents, and check them against the programs that they name."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typer
from typer.core import TyperGroup

from infra.cli import app as scones
from tests.conftest import ROOT
from training.__main__ import app as training

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"```.*?```", re.DOTALL)
_SUBSTITUTION = re.compile(r"\$\(([^)]*)\)")
_COMMENT = re.compile(r"(^|\s)#.*$")
_PROGRAM = re.compile(r"(?:\S*/)?(?P<program>scones|make|python3?)\b")
_APPS = {"scones": scones, "training": training}


def commands_of(document: Path) -> Iterator[list[str]]:
    """Yield the words of the project's commands, in shell blocks and in code within sentences."""
    text = document.read_text(encoding="utf-8")
    lines = [line for block in _SHELL.findall(text) for line in block.splitlines()]
    lines += _CODE.findall(_FENCED.sub("", text))
    for line in lines:
        for command in _split(line):
            words = shlex.split(command)
            if words and _PROGRAM.fullmatch(words[0]) and "COMMAND" not in words:
                yield [Path(words[0]).name, *words[1:]]


def _split(line: str) -> Iterator[str]:
    """`a && b $(c)  # comment` → a, b, c."""
    line = _COMMENT.sub("", line)
    yield from (inner.strip() for inner in _SUBSTITUTION.findall(line))
    yield from re.split(r"\s*(?:&&|;|\|)\s*", _SUBSTITUTION.sub("", line.replace('"', "")).strip())


def check(words: list[str]) -> None:
    """Check that the program would accept the command. Raises: Typer's errors, AssertionError."""
    program, *arguments = words
    if program == "scones":
        _parse("scones", arguments)
    elif program.startswith("python"):
        option, module, *rest = arguments
        assert option == "-m", words
        if module in _APPS:
            _parse(module, rest)
        else:
            text = _help(module)
            for argument in (word for word in rest if word.startswith("-")):
                assert argument in text, f"{module} has no option {argument}"


def _parse(name: str, arguments: list[str]) -> None:
    """Parse the arguments as the program does, without running a command."""
    group = typer.main.get_command(_APPS[name])
    assert isinstance(group, TyperGroup)
    try:
        context = group.make_context(name, list(arguments))
        if arguments and not arguments[0].startswith("-"):
            command_name, command, rest = group.resolve_command(context, list(arguments))
            assert command is not None
            if rest:  # a command's name alone is a mention, not a call
                command.make_context(command_name, rest, parent=context)
    except typer.Exit:  # --help
        return


@cache
def _help(module: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"python -m {module} --help: {result.stderr[-500:]}"
    return result.stdout
