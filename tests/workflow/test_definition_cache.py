"""A cached definition equals a parsed one, and no two executions share it."""

import json
import re

import pytest
from moto.stepfunctions.parser.asl.parse import asl_parser
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from tests.workflow.definition_cache import definitions_parsed_once
from tests.workflow.harness import WorkflowHarness, an_event

DEFINITION = json.dumps(
    {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"n": 1}, "End": True}}}
)


def test_a_definition_that_runs_twice_is_parsed_once(
    workflow: WorkflowHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[object] = []
    lexer = vars(asl_parser)["ASLLexer"]

    def counting(stream: object) -> object:
        texts.append(stream)
        return lexer(stream)

    monkeypatch.setattr(asl_parser, "ASLLexer", counting)
    workflow.state_machine_arn = workflow.deploy(
        lambda definition: definition.update(Comment="counted")
    )
    assert [workflow.run(an_event()).status for _ in range(2)] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(texts) == 1


def test_a_program_from_the_cache_equals_a_parsed_one_and_belongs_to_one_execution() -> None:
    parsed, _ = AmazonStateLanguageParser.parse(DEFINITION)
    with definitions_parsed_once():
        first, second = (AmazonStateLanguageParser.parse(DEFINITION)[0] for _ in range(2))
    assert _described(first) == _described(second) == _described(parsed)
    assert first is not second
    assert vars(first)["states"] is not vars(second)["states"]


def _described(program: object) -> str:
    return re.sub(r" at 0x\w+", "", repr(program))
