"""One vocabulary: retired names and phrases (docs/glossary.md) do not come back."""

import ast
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.vocabulary import (
    GLOSSARY,
    KINDS,
    Retired,
    Words,
    files,
    parts_of,
    phrase,
    retired,
    words_of,
)

RETIRED = retired(GLOSSARY.read_text(encoding="utf-8"))
NAMES = [entry for entry in RETIRED if entry.kind in {"part", "name"}]
CLASSES = [entry for entry in RETIRED if entry.kind == "class"]
PHRASES = [entry for entry in RETIRED if entry.kind == "phrase"]
# Most texts hold none of them: one search instead of one for each.
ANY_PHRASE = re.compile("|".join(phrase(entry.old).pattern for entry in PHRASES), re.IGNORECASE)
FILES = list(files())

# The list itself quotes what it retires; the other two hold schema 1 of report.json.
EXEMPT = {
    "tests/test_vocabulary.py",
    "tests/vocabulary.py",
    "tests/monitoring/report/test_schema.py",
    "tests/monitoring/report/golden/schema_1.json",
}


def violations(path: Path) -> list[str]:
    """One line each: place, retired name or phrase, replacement."""
    place, words = path.relative_to(ROOT).as_posix(), words_of(path)
    return [] if place in EXEMPT else [f"{place}:{line}" for line in _violations(words)]


def _violations(words: Words) -> list[str]:
    names = [
        f"{line}: {name}: use {entry.new}"
        for name, line in sorted(set(words.names))
        for entry in _refused_in(name)
    ]
    classes = [
        f"{line}: {name}: use {entry.new}"
        for name, line in words.classes
        for entry in CLASSES
        if entry.is_in_name(name)
    ]
    phrases = [
        f"{line}: “{entry.old}”: use {entry.new}"
        for text, line in words.prose
        if ANY_PHRASE.search(text)
        for entry in PHRASES
        if entry.is_in_prose(text)
    ]
    return names + classes + phrases


@cache
def _refused_in(name: str) -> tuple[Retired, ...]:
    return tuple(entry for entry in NAMES if entry.is_in_name(name))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_retired_name_or_phrase_is_used(path: Path) -> None:
    assert violations(path) == []


def test_no_class_name_has_two_meanings() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        place = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and not place.startswith("tests/"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes[node.name].append(place)
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert twice == {}


def test_the_list_is_well_formed() -> None:
    for entry in RETIRED:
        assert entry.kind in KINDS, entry
        assert entry.old, entry
        assert entry.new, entry
    counts = Counter((entry.kind, entry.old) for entry in RETIRED)
    assert [key for key, count in counts.items() if count > 1] == []


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("review_desk", ("review", "desk")),
        ("ReviewDesk", ("review", "desk")),
        ("_REVIEW_DESK", ("review", "desk")),
        ("reviewDesk2", ("review", "desk", "2")),
        ("--review-desk", ("review", "desk")),
        ("HTTPDesk", ("http", "desk")),
    ],
)
def test_names_are_split_into_their_parts(name: str, parts: tuple[str, ...]) -> None:
    assert parts_of(name) == parts


@pytest.mark.parametrize(
    ("name", "is_refused"),
    [
        ("dead_ends", True),
        ("DeadEnds", True),
        ("the_dead_ends_here", True),
        ("dead_or_ends", False),
        ("dead_endsome", False),
        ("known_dead_ends", False),
        ("known_dead_ends_dead_ends", True),
    ],
)
def test_a_part_is_refused_as_whole_parts_only(name: str, is_refused: bool) -> None:
    entry = Retired(kind="part", old="dead_ends", new="x", allowed=("known_dead_ends",))
    assert entry.is_in_name(name) is is_refused


def test_a_retired_name_is_refused_as_the_whole_name_only() -> None:
    entry = Retired(kind="name", old="found", new="x", allowed=())
    assert entry.is_in_name("found")
    assert entry.is_in_name("_found")
    assert not entry.is_in_name("not_found")


def test_a_retired_class_is_refused_as_a_class_only(tmp_path: Path) -> None:
    module = tmp_path / "given.py"
    module.write_text('a = {"Image": 1}\n', encoding="utf-8")
    assert words_of(module).classes == []
    module.write_text("class Image: ...\n", encoding="utf-8")
    assert words_of(module).classes == [("Image", 1)]


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ("Whoever asks gets it.", True),
        ("there is no row", False),
        ("this is no row", True),
        ("there is no row, and this is no row", True),
        ("his\nphoto", True),
        ("history", False),
    ],
)
def test_a_phrase_is_refused_in_whole_words_but_for_what_is_allowed(
    text: str, is_refused: bool
) -> None:
    phrases = (
        Retired(kind="phrase", old="whoever", new="x", allowed=()),
        Retired(kind="phrase", old="is no", new="x", allowed=("there is no",)),
        Retired(kind="phrase", old="his", new="x", allowed=()),
    )
    assert any(entry.is_in_prose(text) for entry in phrases) is is_refused


def test_names_and_prose_of_a_module_are_read(tmp_path: Path) -> None:
    module = tmp_path / "given.py"
    module.write_text(
        'import a as b\n"""Doc string."""\nclass C:\n    d: int\n'
        'def e(f, *, g):\n    h = {"i": "--j-k"}\n    log("l_m", "two words")  # a comment\n',
        encoding="utf-8",
    )
    words = words_of(module)
    names = {name for name, _ in words.names}
    assert names >= {"given", "b", "C", "d", "e", "f", "g", "h", "i", "--j-k", "l_m"}
    assert {"Doc string.", "two words", "# a comment"} <= {text for text, _ in words.prose}
    assert "log" not in names


def test_names_and_prose_of_a_script_are_read(tmp_path: Path) -> None:
    script = tmp_path / "given.js"
    script.write_text('// a comment\nconst a = b("two words");\n', encoding="utf-8")
    words = words_of(script)
    assert {"a", "b"} <= {name for name, _ in words.names}
    assert {"// a comment", '"two words"'} <= {text for text, _ in words.prose}
    assert "words" not in {name for name, _ in words.names}
