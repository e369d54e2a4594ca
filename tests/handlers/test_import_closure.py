"""An import closure is what Python would load, read from the source code."""

import subprocess
import sys
from pathlib import Path

import pytest

from handlers.import_closure import ROOT, ImportClosureError, import_closure


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project; `handlers.entry` is what the tests write."""
    for name in ("handlers/__init__.py", "handlers/deep/__init__.py", "handlers/deep/leaf.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "handlers/deep/leaf.py").write_text("VALUE = 1\n", encoding="utf-8")
    (tmp_path / "handlers/other.py").write_text("VALUE = 2\n", encoding="utf-8")
    return tmp_path


def write(project: Path, source: str, name: str = "handlers/entry.py") -> None:
    (project / name).write_text(source, encoding="utf-8")


DEEP = {"handlers/deep/__init__.py", "handlers/deep/leaf.py"}


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("import handlers.other", {"handlers/other.py"}),
        ("from handlers import other", {"handlers/other.py"}),
        ("from handlers.other import VALUE", {"handlers/other.py"}),
        ("from . import other", {"handlers/other.py"}),
        ("from .deep.leaf import VALUE", DEEP),
        ("import handlers.deep.leaf as short", DEEP),
        ("from handlers.deep import leaf", DEEP),
        ("from handlers.deep import missing_attribute", {"handlers/deep/__init__.py"}),
        ("def late():\n    from handlers import other", {"handlers/other.py"}),
        ("try:\n    import handlers.other\nexcept ImportError:\n    pass", {"handlers/other.py"}),
        ("if TYPE_CHECKING:\n    import handlers.other", set()),
        ("if typing.TYPE_CHECKING:\n    import handlers.gone", set()),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import handlers.other", {"handlers/other.py"}),
        ("if not TYPE_CHECKING:\n    import handlers.other", {"handlers/other.py"}),
        ("import os, json.decoder", set()),
    ],
)
def test_every_import_that_runs_is_followed(project: Path, source: str, imported: set[str]) -> None:
    write(project, source)
    closure = import_closure("handlers.entry", root=project)
    assert set(closure.files) == {"handlers/__init__.py", "handlers/entry.py"} | imported
    assert not closure.third_party


def test_relative_imports_begin_where_the_module_is(project: Path) -> None:
    write(
        project, "from .leaf import VALUE\nfrom ..other import VALUE", "handlers/deep/__init__.py"
    )
    closure = import_closure("handlers.deep", root=project)
    assert set(closure.files) == {"handlers/__init__.py", "handlers/other.py"} | DEEP


def test_the_init_of_every_package_on_the_way_is_followed(project: Path) -> None:
    write(project, "import handlers.other", "handlers/deep/__init__.py")
    closure = import_closure("handlers.deep.leaf", root=project)
    assert "handlers/other.py" in closure.files


def test_imports_in_a_circle_end(project: Path) -> None:
    write(project, "import handlers.second")
    write(project, "import handlers.entry", "handlers/second.py")
    assert "handlers/second.py" in import_closure("handlers.entry", root=project).files


def test_third_party_packages_are_named_and_not_followed(project: Path) -> None:
    (project / "numpy").mkdir()
    write(project, "import infra", "numpy/__init__.py")
    write(project, "import numpy.linalg\nfrom PIL import Image")
    closure = import_closure("handlers.entry", root=project)
    assert closure.third_party == {"numpy", "PIL"}
    assert set(closure.files) == {"handlers/__init__.py", "handlers/entry.py"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("\nimport handlers.gone", r"entry\.py:2: no module handlers\.gone"),
        ("from handlers.gone import x", r"entry\.py:1: no module handlers\.gone"),
        ("import importlib\nimportlib.import_module('handlers.other')", "2: a dynamic import"),
        ("from importlib import import_module as load", "1: a dynamic import"),
        ("__import__('handlers.other')", "1: a dynamic import"),
        ("import runpy", "1: a dynamic import"),
        ("from handlers.deep import *", "1: a wildcard import"),
        ("def broken(:", r"entry\.py:1: "),
    ],
)
def test_what_cannot_be_followed_is_refused(project: Path, source: str, reason: str) -> None:
    write(project, source)
    with pytest.raises(ImportClosureError, match=reason):
        import_closure("handlers.entry", root=project)


def test_the_digest_changes_with_a_files_content_and_with_its_name(project: Path) -> None:
    write(project, "import handlers.other")
    first = import_closure("handlers.entry", root=project).digest()
    assert import_closure("handlers.entry", root=project).digest() == first
    write(project, "VALUE = 3\n", "handlers/other.py")
    changed = import_closure("handlers.entry", root=project).digest()
    (project / "handlers/entry.py").rename(project / "handlers/entrance.py")
    renamed = import_closure("handlers.entrance", root=project).digest()
    assert len({first, changed, renamed}) == 3


@pytest.mark.parametrize(
    "module",
    [
        "handlers.reviews_api.handler",
        "monitoring.report.handler",
        "infra.config",
        "training.data.photo_set",
    ],
)
def test_every_module_that_python_loads_is_in_the_closure(module: str) -> None:
    """The other way round does not hold: a function's own imports run later, if at all."""
    program = (
        f"import sys, {module}; "
        "print(*(m.__file__ for n, m in sys.modules.items() if n.partition('.')[0] in "
        "{'handlers', 'infra', 'monitoring', 'training'}), sep='\\n')"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {Path(line).relative_to(ROOT).as_posix() for line in result.stdout.splitlines()}
    assert module.replace(".", "/") + ".py" in loaded
    assert loaded <= set(import_closure(module).files)
