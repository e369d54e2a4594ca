"""As much of a Dockerfile as ours uses, taken apart."""

import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One line, continuations joined."""

    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """The value as a shell would split it."""
        return shlex.split(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def values(self, name: str) -> list[str]:
        """Of every instruction of this name."""
        return [each.value for each in self.instructions if each.name == name]


def read(path: Path) -> tuple[list[Instruction], list[Stage]]:
    """What stands before the first FROM, and the stages."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    parts = [line.split(maxsplit=1) for line in lines if line.strip() and line[0] != "#"]
    found = [Instruction(name=name, value=" ".join(value.split())) for name, value in parts]
    starts = [row for row, each in enumerate(found) if each.name == "FROM"]
    ends = [*starts[1:], len(found)]
    stages = []
    for start, end in zip(starts, ends, strict=True):
        base, *alias = found[start].words
        stages.append(
            Stage(
                base=base,
                name=alias[-1] if alias else "",
                instructions=tuple(found[start + 1 : end]),
            )
        )
    return found[: starts[0]], stages
