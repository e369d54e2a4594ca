"""The catalogue of protections: one TOML file a package, in the folder beside this module."""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("catalogue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """One protection, how to remove it, and the tests that fail without it."""

    name: str  # unique
    file: str  # path below the root
    removed: str  # occurs once in the file
    replacement: str = ""
    loses: str  # the behaviour that is lost, one sentence
    tests: tuple[str, ...]  # node ids of pytest; each of them fails
    # Names of errors other than a failed assertion and the product's own: what the removal lets
    # through, where the protection is against errors of this kind.
    errors: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of everything above: a recorded result is of this very entry."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]

    def without(self, text: str) -> str:
        """Return the file's text without the protection.

        Raises: ValueError, if the removed text does not occur exactly once.
        """
        count = text.count(self.removed)
        if count != 1:
            raise ValueError(f"{self.name}: {self.file} has the removed text {count} times")
        return text.replace(self.removed, self.replacement)


def read_catalogue(folder: Path = FOLDER) -> tuple[Protection, ...]:
    """Return all protections, in the order of the files' names and within each as written."""
    entries = [
        entry
        for path in sorted(folder.glob("*.toml"))
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["protection"]
    ]
    return tuple(map(_protection, entries))


def _protection(entry: dict[str, Any]) -> Protection:
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    return Protection(**{**entry, **lists})
