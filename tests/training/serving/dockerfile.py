"""A parser for the instructions that our Dockerfile uses."""

import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction, with its continuation lines joined."""

    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """Return the value as a shell splits it."""
        return shlex.split(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The instructions between one FROM and the next."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def values(self, name: str) -> list[str]:
        """Return the values of all instructions of this name."""
        return [instruction.value for instruction in self.instructions if instruction.name == name]


def read(path: Path) -> tuple[list[Instruction], list[Stage]]:
    """Return the instructions before the first FROM, and the stages."""
    lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    parts = [line.split(maxsplit=1) for line in lines if line.strip() and line[0] != "#"]
    instructions = [Instruction(name=name, value=" ".join(value.split())) for name, value in parts]
    starts = [row for row, instruction in enumerate(instructions) if instruction.name == "FROM"]
    ends = [*starts[1:], len(instructions)]
    stages = []
    for start, end in zip(starts, ends, strict=True):
        base, *alias = instructions[start].words
        stages.append(
            Stage(
                base=base,
                name=alias[-1] if alias else "",
                instructions=tuple(instructions[start + 1 : end]),
            )
        )
    return instructions[: starts[0]], stages
