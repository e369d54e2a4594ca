"""Reads the list of retired names from the glossary, and finds them in the project's files.

A retired *part* is a whole part of a name: `desk` is found in `desk_settings` and `ReviewDesk`, not
in `desktop`. A retired *name* is the whole name, a retired *class* the whole name of a class. A
retired *phrase* is looked for in prose: comments, docstrings and strings with a space in them.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
FOLDERS = ("handlers", "infra", "monitoring", "training", "tests", "docs")
KINDS = ("part", "name", "class", "phrase")

_BLOCK = re.compile(r"```retired\n(.*?)```", re.DOTALL)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTION = re.compile(r"--[a-z][a-z-]+")
_JS_PROSE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`[^`]*`", re.DOTALL
)
_JS_CLASS = re.compile(r"\bclass ([A-Za-z]+)")
_HTML_NAME = re.compile(r"(?:id|class|for)=\"([^\"]*)\"")
_MARKDOWN_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """One line of the list."""

    kind: str  # one of KINDS
    old: str
    new: str
    allowed: tuple[str, ...]  # longer names or phrases in which it may stand

    def is_in_name(self, name: str) -> bool:
        """Whether a name holds it. Only for parts, names and classes."""
        if self.kind in {"name", "class"}:
            return name.lstrip("_") == self.old
        parts = parts_of(name)
        for allowed in self.allowed:
            parts = _without(parts, parts_of(allowed))
        return _without(parts, parts_of(self.old)) != parts

    def is_in_prose(self, text: str) -> bool:
        """Whether a text holds it. Only for phrases."""
        for allowed in self.allowed:
            text = phrase(allowed).sub("", text)
        return phrase(self.old).search(text) is not None


@dataclass(slots=True)
class Words:
    """What one file says: the names that it gives, and its prose."""

    names: list[tuple[str, int]] = field(default_factory=list)  # with the line
    classes: list[tuple[str, int]] = field(default_factory=list)  # those of the names
    prose: list[tuple[str, int]] = field(default_factory=list)


def retired(text: str) -> list[Retired]:
    """The list in a glossary's text: `kind | old | new | allowed, allowed`, a line each."""
    (block,) = _BLOCK.findall(text)
    entries = []
    for line in block.splitlines():
        if line.strip() and not line.startswith("#"):
            kind, old, new, *rest = (cell.strip() for cell in line.split("|"))
            allowed = tuple(filter(None, (cell.strip() for cell in ",".join(rest).split(","))))
            entries.append(Retired(kind=kind, old=old, new=new, allowed=allowed))
    return entries


def parts_of(name: str) -> tuple[str, ...]:
    """`ReviewDesk`, `review_desk`, `REVIEW_DESK` and `--review-desk` → ("review", "desk")."""
    return tuple(part.lower() for part in _PARTS.findall(name))


def words_of(path: Path) -> Words:
    """The names and the prose of a file, by its kind."""
    text = path.read_text(encoding="utf-8")
    words = Words(names=[(path.stem, 1), (path.parent.name, 1)])
    if path.suffix == ".py":
        _read_python(text, words)
    elif path.suffix == ".js":
        _read_javascript(text, words)
    elif path.suffix == ".html":
        words.names += [(n, 1) for value in _HTML_NAME.findall(text) for n in value.split()]
        words.prose.append((re.sub(r"<[^>]*>", " ", text), 1))
    elif path.suffix == ".json":
        words.names += [(key, 1) for key in _keys(json.loads(text))]
    elif path.suffix == ".md":
        text = _BLOCK.sub("", text)
        words.prose += _numbered_lines(_MARKDOWN_CODE.sub(_blank, text))
    return words


def files() -> Iterator[Path]:
    """Every file whose words are the project's own."""
    suffixes = {".py", ".js", ".html", ".json", ".md"}
    yield ROOT / "README.md"
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


@cache
def phrase(words: str) -> re.Pattern[str]:
    """Whole words, with any white space between them."""
    return re.compile(r"\b" + r"\s+".join(map(re.escape, words.split())) + r"\b", re.IGNORECASE)


def _without(parts: tuple[str, ...], run: tuple[str, ...]) -> tuple[str, ...]:
    """The parts, less every place where `run` stands in them."""
    kept: list[str] = []
    place = 0
    while place < len(parts):
        if parts[place : place + len(run)] == run:
            kept.append("")  # a gap: what stands on its two sides is no neighbour
            place += len(run)
        else:
            kept.append(parts[place])
            place += 1
    return tuple(kept)


def _read_python(text: str, words: Words) -> None:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        words.names += [(name, getattr(node, "lineno", 1)) for name in _bound_names(node)]
        if isinstance(node, ast.ClassDef):
            words.classes.append((node.name, node.lineno))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            _read_string(node.value, node.lineno, words)
        elif isinstance(node, ast.Dict):
            keys = [key for key in node.keys if isinstance(key, ast.Constant)]
            words.names += [(k.value, k.lineno) for k in keys if isinstance(k.value, str)]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            words.prose.append((token.string, token.start[0]))


def _bound_names(node: ast.AST) -> Iterator[str]:
    """Names that this project gives: what is only used here is given elsewhere, or not ours."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.alias(asname=str(name)):
            yield name


def _read_string(text: str, line: int, words: Words) -> None:
    if " " in text.strip():
        words.prose.append((text, line))
        words.names += [(name, line) for name in _OPTION.findall(text)]
    elif _OPTION.fullmatch(text) or (_IDENTIFIER.fullmatch(text) and len(parts_of(text)) > 1):
        # A log event, a metric, a construct id, an option, an environment variable.
        words.names.append((text, line))


def _read_javascript(text: str, words: Words) -> None:
    for match in _JS_PROSE.finditer(text):
        words.prose.append((match.group(), text.count("\n", 0, match.start()) + 1))
    code = _JS_PROSE.sub(_blank, text)
    for match in _JS_CLASS.finditer(code):
        words.classes.append((match[1], code.count("\n", 0, match.start()) + 1))
    for match in _IDENTIFIER.finditer(code):
        words.names.append((match.group(), code.count("\n", 0, match.start()) + 1))


def _blank(match: re.Match[str]) -> str:
    """The same number of lines, so that line numbers stay right."""
    return "\n" * match.group().count("\n") + " "


def _numbered_lines(text: str) -> Iterable[tuple[str, int]]:
    return [(line, number) for number, line in enumerate(text.splitlines(), start=1)]


def _keys(value: Any) -> Iterator[str]:  # Any: JSON
    if isinstance(value, dict):
        for key, inner in value.items():
            if _IDENTIFIER.fullmatch(key):
                yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
