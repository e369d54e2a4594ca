"""Imports point inward: a folder is a unit of deployment."""

import ast
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("handlers", "infra", "monitoring", "training")
# What each part may import of the project, longest prefix first.
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
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


SOURCES = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("file", SOURCES, ids=module_of)
def test_imports_point_inward(file: Path) -> None:
    module = module_of(file)
    part = next(part for part in ALLOWED if f"{module}.".startswith(f"{part}."))
    for imported in imports_of(file):
        if imported.split(".")[0] in FOLDERS:
            allowed = any(f"{imported}.".startswith(f"{each}.") for each in ALLOWED[part])
            assert allowed, f"{module} must not import {imported}"


def test_the_domain_is_pure() -> None:
    for file in sorted((ROOT / "handlers" / "domain").glob("*.py")):
        outside = {name.split(".")[0] for name in imports_of(file)} & OUTSIDE_OF_THE_DOMAIN
        assert not outside, f"{file.name} imports {outside}"


def test_only_the_app_and_its_constructs_know_cdk() -> None:
    knows = {module_of(file) for file in SOURCES if "aws_cdk" in imports_of(file)}
    allowed = ("infra.app", "infra.constructs", "infra.stacks.pipeline", "infra.stacks.serving")
    strays = {
        name for name in knows if not name.startswith((*allowed, "infra.synthesis.packaging"))
    }
    assert not strays


def test_only_one_module_knows_the_sagemaker_sdk() -> None:
    """It is large and slow: nothing but the start of a training job may wait for it."""
    knows = {
        module_of(file)
        for file in SOURCES
        if any(f"{name}.".startswith("sagemaker.") for name in imports_of(file))
    }
    assert knows == {"training.sagemaker.launch"}


def test_module_names_do_not_hide_the_standard_library() -> None:
    """But for those that are called by their full name."""
    names = {module_of(file) for file in SOURCES}
    assert not {name for name in names if name in sys.stdlib_module_names}
