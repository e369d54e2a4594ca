"""Everything of a kind is watched, alarms notify by severity, and some depend on settings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.constructs.alarms.function_alarms import CONSEQUENCES
from infra.function_specs import FUNCTIONS
from infra.synthesis.synth import app_environment
from tests.infra.alarms import alarms_of, metrics_of, text_of
from tests.infra.conftest import ROOT
from tests.infra.template import Template, readable

# The tests do not import CDK: its library keeps a Node process.
LIST_ALARMS = """
import json
from dataclasses import replace

from infra.config import STAGES
from infra.constructs.alarms.monitoring_alarms import report_alarms

def alarms(percentage, writer):
    captured = {"capture_sampling_percentage": percentage, "capture_writer": writer}
    return list(report_alarms(replace(STAGES["prod"], **captured)))

print(json.dumps([alarms(100, "endpoint"), alarms(99, "endpoint"), alarms(50, "classify")]))
"""


@pytest.mark.synth
def test_completeness_has_an_alarm_only_where_all_requests_are_captured(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LIST_ALARMS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=app_environment("prod", {}, assembly=tmp_path),
    )
    everything, a_sample, everything_by_classify = json.loads(result.stdout)
    assert "CaptureIncomplete" in everything
    assert "CaptureIncomplete" not in a_sample
    assert "CaptureIncomplete" in everything_by_classify
    assert "ReportMissing" in a_sample


MOST_METRICS = 10  # of an alarm on metric math, a limit of CloudWatch


def test_errors_and_throttles_of_every_function_are_watched(pipeline: Template) -> None:
    read = _read(pipeline, "AWS/Lambda")
    for logical_id in pipeline.of_type("AWS::Lambda::Function"):
        name = readable({"Ref": logical_id})
        for metric in ("Errors", "Throttles"):
            assert (metric, (("FunctionName", name),)) in read


def test_the_alarm_of_every_function_states_what_it_means_for_drivers() -> None:
    assert CONSEQUENCES.keys() == {spec.name for spec in FUNCTIONS}


def test_throttles_of_every_table_and_index_are_watched(pipeline: Template) -> None:
    read = _read(pipeline, "AWS/DynamoDB")
    for logical_id, table in pipeline.of_type("AWS::DynamoDB::Table").items():
        name = ("TableName", readable({"Ref": logical_id}))
        indexes = [
            ("GlobalSecondaryIndexName", index["IndexName"])
            for index in table.get("GlobalSecondaryIndexes", ())
        ]
        for metric in ("ReadThrottleEvents", "WriteThrottleEvents"):
            assert (metric, (name,)) in read
            for index in indexes:
                assert (metric, tuple(sorted([name, index]))) in read


@pytest.mark.parametrize(
    ("kind", "namespace", "dimension", "attribute"),
    [
        ("AWS::SQS::Queue", "AWS/SQS", "QueueName", "QueueName"),
        ("AWS::SNS::Topic", "AWS/SNS", "TopicName", "TopicName"),
        ("AWS::ApiGatewayV2::Api", "AWS/ApiGateway", "ApiId", ""),
        ("AWS::Scheduler::ScheduleGroup", "AWS/Scheduler", "ScheduleGroup", ""),
        ("AWS::Events::Rule", "AWS/Events", "RuleName", ""),
        ("AWS::StepFunctions::StateMachine", "AWS/States", "StateMachineArn", ""),
    ],
)
def test_every_resource_of_a_kind_is_watched(
    pipeline: Template, kind: str, namespace: str, dimension: str, attribute: str
) -> None:
    read = {
        value
        for _, dimensions in _read(pipeline, namespace)
        for name, value in dimensions
        if name == dimension
    }
    unwatched = {"Review"}  # reviews wait for people: their age is watched, not their number
    for logical_id, properties in pipeline.of_type(kind).items():
        reference = {"Fn::GetAtt": [logical_id, attribute]} if attribute else {"Ref": logical_id}
        if logical_id not in unwatched:
            assert {readable(reference), properties.get("Name")} & read, logical_id


def test_an_alarm_reads_no_more_metrics_than_cloudwatch_allows(pipeline: Template) -> None:
    for name, alarm in alarms_of(pipeline).items():
        assert 1 <= len(list(metrics_of(alarm))) <= MOST_METRICS, name


def test_every_alarm_notifies_the_topics_of_its_severity(
    both_stacks: tuple[Template, Template],
) -> None:
    """Stack Serving names the topics itself, because it is deployed first."""
    pipeline, serving = both_stacks
    names = {
        readable(topic["TopicName"]): logical_id
        for logical_id, topic in pipeline.of_type("AWS::SNS::Topic").items()
        if "TopicName" in topic
    }
    expected = {"ticket": ["alarms"], "page": ["alarms", "pages"]}
    for name, alarm in (alarms_of(pipeline) | alarms_of(serving)).items():
        severity = text_of(alarm).severity
        assert f"-{severity}-" in alarm["AlarmName"]
        for actions in (alarm["AlarmActions"], alarm["OKActions"]):
            topics = [readable(action).rpartition(":")[2] for action in actions]
            wanted = [f"scones-{pipeline.stage}-{topic}" for topic in expected[severity]]
            assert topics == wanted, name
            assert set(topics) <= names.keys()


def _read(template: Template, namespace: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Return names and dimensions of the metrics of a namespace that alarms read."""
    return {
        (metric.name, tuple(sorted(metric.dimensions.items())))
        for alarm in alarms_of(template).values()
        for metric in metrics_of(alarm)
        if metric.namespace == namespace
    }
