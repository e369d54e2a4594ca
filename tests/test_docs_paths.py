"""Every path and every program that the documents name exists."""

import re
from pathlib import Path, PurePosixPath

import pytest

from infra.cli import PROGRAMS
from tests.commands import DOCUMENTS, check, commands_of
from tests.conftest import ROOT

FOLDERS = ("handlers", "infra", "monitoring", "training", "tests", "docs", "findings")
PROGRAM_LINES = sorted(
    {
        tuple(words)
        for path in DOCUMENTS
        for words in commands_of(path)
        if words[0].startswith("python")
    }
)
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"\.?[\w-][\w.-]*(?:/[\w.*-]+)*/?")
_SOURCE = {".py", ".js", ".toml", ".ipynb"}
# Folders in the row of a table are below the folder in its first cell.
_ROW = re.compile(r"^\| `([a-z_/]+/)` \| (.*) \|$", re.MULTILINE)

TREE = {
    path.relative_to(ROOT).as_posix() + ("/" if path.is_dir() else "")
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if "__pycache__" not in path.parts
} | {f"{folder}/" for folder in FOLDERS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_of_the_documents_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8").partition("```retired")[0]
    assert [name for name in sorted(_paths(text)) if not _exists(name)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_folder_of_a_table_exists(document: Path) -> None:
    for folder, contents in _ROW.findall(document.read_text(encoding="utf-8")):
        inner = [name for name in _CODE.findall(contents) if name.endswith("/")]
        assert [name for name in inner if f"{folder}{name}" not in TREE] == [], folder


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_the_documents_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)", document.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            name, _, anchor = target.partition("#")
            linked = document.parent / name if name else document
            assert linked.exists(), f"{document.name}: {target}"
            if anchor:
                assert anchor in _anchors(linked), f"{document.name}: {target}"


@pytest.mark.parametrize("words", PROGRAM_LINES, ids=" ".join)
def test_every_program_of_the_documents_has_the_options(words: tuple[str, ...]) -> None:
    check(list(words))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_that_help_names_exists(program: str) -> None:
    check([*program.split(), "--help"])


@pytest.mark.parametrize(
    ("name", "is_there"),
    [
        ("tests/test_docs_paths.py", True),
        ("test_docs_paths.py", True),
        ("tests/infra/", True),
        ("tests/test_docs_path.py", False),
        ("docs_paths.py", False),
        ("tests/infrastructure/", False),
        ("tests/test_doc*.py", True),
    ],
)
def test_a_path_is_there_or_not(name: str, is_there: bool) -> None:
    assert _exists(name) is is_there


def _paths(text: str) -> set[str]:
    """Return code that looks like a path of the project: below a folder, or a source file."""
    names = {name for name in _CODE.findall(text) if _PATH.fullmatch(name)}
    return {
        name
        for name in names
        if ("/" in name and name.split("/")[0] in FOLDERS) or PurePosixPath(name).suffix in _SOURCE
    }


def _exists(name: str) -> bool:
    """Return whether a path exists below the root, or is the end of one that does."""
    if name.split("/", maxsplit=1)[0] in FOLDERS:
        return name in TREE or f"{name}/" in TREE or any(ROOT.glob(name))
    return (ROOT / name).exists() or any(path.endswith(f"/{name}") for path in TREE)


def _anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub derives from headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
