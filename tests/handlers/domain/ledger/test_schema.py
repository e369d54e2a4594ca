"""The schema is the only module with names of attributes and indexes; all others import them."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from handlers.domain.ledger.rows import AssignmentRow, LedgerRow
from handlers.domain.ledger.schema import (
    PHOTOS,
    TABLES,
    AssignmentAttribute,
    Attribute,
    PhotoAttribute,
    TableSchema,
    UploadAttribute,
)
from handlers.domain.ledger.uploads import Permission
from handlers.domain.review.row import PhotoState
from infra.state_machine import WorkflowResources, definition
from tests.conftest import ROOT

SCHEMA = Path(sys.modules[TableSchema.__module__].__file__ or "")
# Tests of the template, and of a deployed stage, repeat the names to pin them.
PINNED = ("tests/infra/", "tests/e2e/")
INDEX_NAMES = {index.name for table in TABLES for index in table.indexes}
# Arguments of DynamoDB requests that contain keys.
KEY_ARGUMENTS = {"Key", "ExclusiveStartKey"}
EXPRESSIONS = {
    "KeyConditionExpression",
    "ConditionExpression",
    "UpdateExpression",
    "ProjectionExpression",
    "FilterExpression",
}
BARE_NAME = re.compile(r"(?<![#:.\w])[a-z_]+")  # not `#name`, `:value` or `$.path`
NAMES = {str(name) for table in TABLES for name in table.attributes}


@cache
def sources() -> list[tuple[Path, ast.Module]]:
    files = (
        file
        for folder in ("handlers", "infra", "monitoring", "training", "tests")
        for file in sorted((ROOT / folder).rglob("*.py"))
    )
    return [
        (file, ast.parse(file.read_text(encoding="utf-8")))
        for file in files
        if file != SCHEMA and not str(file.relative_to(ROOT)).startswith(PINNED)
    ]


def literals(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def arguments(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield keyword arguments of calls, and entries of dicts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg, node.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value


def test_no_other_module_has_the_name_of_an_index() -> None:
    strays = {
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file, tree in sources()
        for node in literals(tree)
        if any(name in str(node.value) for name in INDEX_NAMES)
    }
    assert not strays


def test_product_code_has_no_attribute_name_as_a_literal_key() -> None:
    strays = set()
    for file, tree in sources():
        if file.is_relative_to(ROOT / "tests"):
            continue
        for argument, value in arguments(tree):
            if argument in KEY_ARGUMENTS | EXPRESSIONS:
                strays |= {
                    f"{file.relative_to(ROOT)}:{node.lineno}"
                    for node in literals(value)
                    if NAMES & set(BARE_NAME.findall(str(node.value)))
                }
    assert not strays


def test_tests_build_their_tables_from_the_schema() -> None:
    makers = {
        str(file.relative_to(ROOT))
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "create_table"
    }
    assert makers == {"tests/tables.py"}


def test_every_key_belongs_to_its_table() -> None:
    for table in TABLES:
        keys = [*table.keys, *(key for index in table.indexes for key in index.keys)]
        assert all(isinstance(key, table.attributes) for key in keys)
        assert {key.dynamodb_type for key in keys} == {"S"}


def test_every_attribute_is_described() -> None:
    for table in TABLES:
        for attribute in table.attributes:
            assert attribute.dynamodb_type in {"S", "N", "BOOL", "M", "L"}
            assert attribute.writer
            assert attribute.meaning


def test_records_read_attributes_of_their_table() -> None:
    records: dict[type, type[Attribute]] = {
        LedgerRow: PhotoAttribute,
        PhotoState: PhotoAttribute,
        AssignmentRow: AssignmentAttribute,
        Permission: UploadAttribute,
    }
    for record, attributes in records.items():
        assert {field.name for field in fields(record)} <= set(attributes)


def test_the_workflow_writes_only_attributes_of_the_schema() -> None:
    machine = definition(
        WorkflowResources(
            serialize_function_arn="serialize",
            classify_function_arn="classify",
            filter_function_arn="filter",
            photos_table="photos",
            assignments_table="assignments",
            review_queue_url="reviews",
            failures_queue_url="failures",
        )
    )
    written = {"photos": set[str](), "assignments": set[str]()}
    for node in dictionaries(machine):
        if "UpdateExpression" in node:
            names = node.get("ExpressionAttributeNames", {}).values()
            plain = re.findall(r"SET (\w+) =", node["UpdateExpression"])
            written[node["TableName"]] |= {*names, *plain, *node["Key"]}
        elif "Item" in node and "TableName" in node:
            written[node["TableName"]] |= {*node["Item"]}
    assert PHOTOS.partition_key in written["photos"]
    assert written["photos"] <= set(PhotoAttribute)
    assert written["assignments"] == set(AssignmentAttribute)


def dictionaries(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from dictionaries(part)
    elif isinstance(value, list):
        for part in value:
            yield from dictionaries(part)


def test_an_attribute_is_formatted_and_hashed_as_its_name() -> None:
    assert f"{PhotoAttribute.KEY} {PhotoAttribute.KEY!r}" == "key 'key'"
    assert {PhotoAttribute.KEY: 1} == {"key": 1}
