"""The lock files, as tests compare them with what is imported or installed."""

import re
from pathlib import Path

_REQUIREMENTS = Path(__file__).parent.parent / "requirements"
_PINNED = re.compile(r"^([\w.-]+)==", re.MULTILINE)


def locked(name: str) -> set[str]:
    """The distributions of `requirements/<name>.lock`, by normalized name."""
    text = (_REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8")
    return {normalized(distribution) for distribution in _PINNED.findall(text)}


def normalized(distribution: str) -> str:
    """`Hypercorn` and `hypercorn` are one distribution, as in the packaging specification."""
    return re.sub(r"[-_.]+", "-", distribution).lower()
