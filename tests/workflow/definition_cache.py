"""A cache for moto, which parses a definition for every execution and a path for every use."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import pytest
from jsonpath_ng.ext.parser import parse as parse_path
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path

# Any: moto's program, and ANTLR's tree of the text, which only moto's linter reads.
Parsed = tuple[Any, Any]

_parse = AmazonStateLanguageParser.parse
_parsed_path = cache(parse_path)


@contextmanager
def definitions_parsed_once() -> Iterator[None]:
    """Let moto take definitions and paths that it has parsed from a cache.

    Each execution gets a program of its own, as from a parse; paths are immutable and shared.
    """
    with pytest.MonkeyPatch.context() as patch:  # fails if moto has no such attribute any more
        patch.setattr(AmazonStateLanguageParser, "parse", staticmethod(_parsed))
        patch.setattr(json_path, "parse", _parsed_path)
        yield


def _parsed(definition: str) -> Parsed:
    program, tree = _pickled(definition)
    return pickle.loads(program), tree  # noqa: S301 (pickled below, in this process)


@cache
def _pickled(definition: str) -> tuple[bytes, Any]:
    program, tree = cast("Parsed", _parse(definition))
    return pickle.dumps(program), tree
