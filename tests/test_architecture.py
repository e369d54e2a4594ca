"""Imports point inward: a folder is a unit of deployment."""

import ast
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("handlers", "infra", "monitoring", "training")
# Packages of the project that a package may import, longest prefix first.
ALLOWED = {
    "handlers.domain": ("handlers.domain",),
    "handlers.aws": ("handlers.aws", "handlers.domain"),
    "handlers": ("handlers",),
    "monitoring.statistics": ("monitoring.statistics",),
    "monitoring.rendering": ("monitoring.rendering", "handlers.domain"),
    "monitoring": (
        *("monitoring", "handlers.domain", "handlers.aws", "handlers.settings"),
        "handlers.import_closure",
    ),
    "training.serving": ("training.serving",),
    # Statistics and the rendering of HTML reports have one home, shared with monitoring.
    "training": (
        *("training", "handlers.domain", "handlers.import_closure"),
        *("monitoring.rendering", "monitoring.statistics"),
    ),
    "infra.state_machine": ("infra.state_machine", "handlers.domain"),
    "infra": ("infra", "handlers", "monitoring", "training"),
}
OUTSIDE_OF_THE_DOMAIN = {"boto3", "botocore", "os", "aws_lambda_powertools", "time", "random"}


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(file: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return modules


SOURCES = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("file", SOURCES, ids=module_of)
def test_imports_point_inward(file: Path) -> None:
    module = module_of(file)
    package = next(prefix for prefix in ALLOWED if f"{module}.".startswith(f"{prefix}."))
    for imported in imports_of(file):
        if imported.split(".")[0] in FOLDERS:
            allowed = any(f"{imported}.".startswith(f"{prefix}.") for prefix in ALLOWED[package])
            assert allowed, f"{module} must not import {imported}"


def test_the_domain_is_pure() -> None:
    for file in sorted((ROOT / "handlers" / "domain").glob("*.py")):
        outside = {name.split(".")[0] for name in imports_of(file)} & OUTSIDE_OF_THE_DOMAIN
        assert not outside, f"{file.name} imports {outside}"


def test_only_the_app_and_its_constructs_import_cdk() -> None:
    importers = {module_of(file) for file in SOURCES if "aws_cdk" in imports_of(file)}
    allowed = (
        *("infra.app", "infra.account_app", "infra.constructs"),
        *("infra.stacks.account", "infra.stacks.pipeline", "infra.stacks.serving"),
        "infra.synthesis.packaging",
    )
    assert not {name for name in importers if not name.startswith(allowed)}


def test_only_one_module_imports_the_sagemaker_sdk() -> None:
    """The SDK is large and slow: only the launch of a training job may wait for it."""
    importers = {
        module_of(file)
        for file in SOURCES
        if any(f"{name}.".startswith("sagemaker.") for name in imports_of(file))
    }
    assert importers == {"training.sagemaker.launch"}


def test_json_of_others_is_parsed_in_one_place() -> None:
    """A text that is nested deeply ends `json.loads` with an error that readers do not expect."""
    parsers = {
        module_of(file)
        for file in SOURCES
        if file.relative_to(ROOT).parts[0] in {"handlers", "monitoring"}
        and "json.loads(" in file.read_text(encoding="utf-8")
    }
    assert parsers == {"handlers.domain.json_text", "handlers.domain.decision.threshold"}


def test_module_names_do_not_hide_the_standard_library() -> None:
    names = {module_of(file) for file in SOURCES}
    assert not {name for name in names if name in sys.stdlib_module_names}
