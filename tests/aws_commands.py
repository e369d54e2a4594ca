"""The AWS CLI's commands in a document, checked against botocore's models of the services."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import boto3
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

_SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_CODE = re.compile(r"`(aws [^`\n]+)`")
_SUBSTITUTION = re.compile(r"\$\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_COMMENT = re.compile(r"\s#\s.*$")
# Options of every command, and of commands that page through results.
_GLOBAL = {"--output", "--query", "--region", "--max-items", "--starting-token"}
# Commands that the CLI adds to those of the models, with their options.
_ADDED = {
    ("logs", "tail"): {"--since", "--follow", "--filter-pattern", "--format"},
    ("s3", "ls"): {"--recursive", "--summarize", "--human-readable"},
    ("s3", "cp"): {"--recursive"},
    ("s3", "rm"): {"--recursive"},
}


class NoSuchCommand(AssertionError):
    """The AWS CLI has no such service, operation or option."""


def aws_commands_of(document: Path) -> Iterator[list[str]]:
    """Yield the words of every `aws` command, in shell blocks and in code within sentences."""
    text = document.read_text(encoding="utf-8")
    lines = [line for block in _SHELL.findall(text) for line in block.splitlines()]
    lines += _CODE.findall(_SHELL.sub("", text))
    for line in lines:
        for command in _split(_COMMENT.sub("", line)):
            words = shlex.split(command)
            if words and words[0] == "aws":
                yield words


def _split(line: str) -> Iterator[str]:
    """`A=$(b)` → b; `c "$(d)"` → d, c "VALUE"; the commands of a pipeline one by one."""
    yield from _SUBSTITUTION.findall(line)
    outer = re.sub(r"^[A-Z]+=VALUE$", "", _SUBSTITUTION.sub("VALUE", line).strip())
    yield from (part for part in re.split(r"\s(?:&&|\|)\s", outer) if part)


def check(words: list[str]) -> None:
    """Check service, operation and options of a command. Raises: NoSuchCommand."""
    if len(words) < 3:
        raise NoSuchCommand(f"not a whole command: {' '.join(words)}")
    service, operation = words[1], words[2]
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    known = _ADDED.get((service, operation)) or _options(service, operation)
    if unknown := options - known - _GLOBAL:
        raise NoSuchCommand(f"aws {service} {operation} has no option {min(unknown)}")


@cache
def _options(service: str, operation: str) -> set[str]:
    try:
        client = boto3.client(service)  # type: ignore[call-overload] # any service
    except UnknownServiceError as error:
        raise NoSuchCommand(f"there is no service {service}") from error
    model = client.meta.service_model
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        raise NoSuchCommand(f"aws {service} has no operation {operation}")
    shape = model.operation_model(names[operation]).input_shape
    flags = [f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())]
    return {*flags, *(flag.replace("--", "--no-", 1) for flag in flags)}
