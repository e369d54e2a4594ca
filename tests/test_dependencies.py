"""A user's environment (`local`) has every package that the product and the emulator import.

Tests run with `dev`, which has many more, so a run does not show a package that users lack.
`python -m tests.e2e.local_only` checks the same by calls, where only `local` is installed.
"""

import ast
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.conftest import ROOT
from tests.locks import locked, normalized

PRODUCT = ("handlers", "infra", "monitoring", "training/serving")
FIRST_PARTY = {"handlers", "infra", "monitoring", "training"}
# Imports of the emulator for services or settings that this project does not use.
UNUSED_BY_THE_EMULATOR = {
    "asyncssh": "Transfer Family's SFTP server, which is switched off",
    "cbor2": "the binary protocol of CloudWatch and Kinesis, which this project does not call",
    "docker": "containers: functions run as processes, and there is no daemon to reach",
    "duckdb": "Athena and Firehose",
    "psycopg2": "RDS",
    "pymysql": "RDS",
    "requests": "Managed Airflow",
    "samtranslator": "SAM templates: CDK writes plain CloudFormation",
}


def imported_at_run_time(file: Path) -> Iterator[str]:
    """Yield the full names of imported modules, also in functions and by `import_module("…")`.

    Imports under `if TYPE_CHECKING:` are left out.
    """
    nodes: list[ast.AST] = [ast.parse(file.read_bytes())]
    while nodes:
        node = nodes.pop()
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                nodes += node.orelse
                continue
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                # A module or a name in one: the caller checks which of them is a file.
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Call(
                func=ast.Name("import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(str(module)), *_],
            ):
                yield module
        nodes += ast.iter_child_nodes(node)


def third_party_of_the_product() -> dict[str, set[str]]:
    """Return top-level packages with the files that import them.

    Starts at the product's folders and follows imports into the rest of `training`.
    """
    importers: dict[str, set[str]] = defaultdict(set)
    files = [file for folder in PRODUCT for file in (ROOT / folder).rglob("*.py")]
    seen = set(files)
    while files:
        file = files.pop()
        for module in imported_at_run_time(file):
            package = module.partition(".")[0]
            if package not in FIRST_PARTY:
                importers[package].add(str(file.relative_to(ROOT)))
                continue
            imported = {path for path in files_of(module) if path not in seen}
            seen |= imported
            files += imported
    return without_standard_library(importers)


def third_party_of_the_emulator() -> dict[str, set[str]]:
    """Return the same for the emulator, with all its services."""
    spec = importlib.util.find_spec("ministack")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    importers: dict[str, set[str]] = defaultdict(set)
    for file in folder.rglob("*.py"):
        for module in imported_at_run_time(file):
            importers[module.partition(".")[0]].add(str(file.relative_to(folder)))
    return without_standard_library(importers)


def files_of(module: str) -> list[Path]:
    """Return the file of a module of this project, and those of its parent packages."""
    parts = module.split(".")
    packages = [ROOT.joinpath(*parts[: length + 1], "__init__.py") for length in range(len(parts))]
    candidates = (*packages, ROOT.joinpath(*parts).with_suffix(".py"))
    return [path for path in candidates if path.is_file()]


def without_standard_library(importers: dict[str, set[str]]) -> dict[str, set[str]]:
    return {
        package: files
        for package, files in importers.items()
        if package not in sys.stdlib_module_names and package != "ministack"
    }


@cache
def distributions_of(package: str) -> frozenset[str]:
    """Return the distributions of a top-level package; a namespace package may have several."""
    return frozenset(map(normalized, packages_distributions().get(package, ())))


def is_locked(package: str) -> bool:
    distributions = distributions_of(package)
    return bool(distributions) and distributions <= locked("local")


def test_a_user_has_every_package_that_the_product_imports() -> None:
    importers = third_party_of_the_product()
    assert {"boto3", "PIL", "starlette", "hypercorn", "onnxruntime", "aws_cdk"} <= set(importers)
    missing = {
        package: sorted(files) for package, files in importers.items() if not is_locked(package)
    }
    assert not missing, "add these to `local` in pyproject.toml, then `make lock`"


def test_a_user_has_every_package_that_the_emulator_needs() -> None:
    importers = third_party_of_the_emulator()
    assert {"cryptography", "hypercorn", "yaml"} <= set(importers)
    missing = {
        package: sorted(files) for package, files in importers.items() if not is_locked(package)
    }
    assert set(missing) == set(UNUSED_BY_THE_EMULATOR), (
        f"add a package to `local`, or state here why this project does not need it: {missing}"
    )


def test_a_package_that_only_developers_have_is_refused() -> None:
    developers_alone = {"moto", "pytest", "scipy", "requests", "mypy_boto3_s3"}
    assert all(map(distributions_of, developers_alone))
    assert not any(map(is_locked, developers_alone))


def test_imports_in_functions_and_by_name_are_read_and_those_for_types_are_not(
    tmp_path: Path,
) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "import typing\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import for_types\n"
        "else:\n    import at_run_time\n"
        "if typing.TYPE_CHECKING:\n    from for_types import Other\n"
        "def lazily():\n    import in_function\n    return import_module('by.name')\n",
        encoding="utf-8",
    )
    modules = set(imported_at_run_time(file))
    assert {"at_run_time", "in_function", "by.name"} <= modules
    assert not any("for_types" in module for module in modules)
