"""The distributions of lock files, which tests compare with imports and installations."""

import re
from pathlib import Path

_REQUIREMENTS = Path(__file__).parent.parent / "requirements"
_PINNED = re.compile(r"^([\w.-]+)==", re.MULTILINE)


def locked(name: str) -> set[str]:
    """Return the distributions of `requirements/<name>.lock`, by normalized name."""
    text = (_REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8")
    return {normalized(distribution) for distribution in _PINNED.findall(text)}


def normalized(distribution: str) -> str:
    """Return a distribution's name in the normal form of the packaging specification."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
