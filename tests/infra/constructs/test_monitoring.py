"""Alarms read published metrics, schedules have retries, and permissions are minimal."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.settings import ClassifySettings
from infra.config import STAGES
from infra.state_machine import EXPRESS, STANDARD, STUCK_AFTER_S
from monitoring import metric_names as names
from tests.infra.alarms import alarms_of, metrics_of, period_of, text_of
from tests.infra.our_metrics import published_by_us
from tests.infra.permissions import grants
from tests.infra.published_metrics import PUBLISHED
from tests.infra.template import Json, Template, machine_definition, readable

# CloudWatch evaluates at most a week, for periods of an hour and more.
LONGEST_EVALUATION_S = 7 * 24 * 3600


def test_every_alarm_reads_metrics_that_are_published(
    both_stacks: tuple[Template, Template],
) -> None:
    pipeline, serving = both_stacks
    ours = published_by_us()
    counted = _counted_in_logs(pipeline)
    for name, alarm in (alarms_of(pipeline) | alarms_of(serving)).items():
        for metric in metrics_of(alarm):
            if metric.namespace != names.namespace(pipeline.stage):
                expected, _, source = PUBLISHED[(metric.namespace, metric.name)]
                assert metric.dimensions.keys() in expected, f"{name}: see {source}"
            elif metric.dimensions:
                assert metric.dimensions.keys() == {"service"}
                assert (metric.name, metric.dimensions["service"]) in ours, name
            else:
                assert metric.name in counted, name


def _counted_in_logs(pipeline: Template) -> set[str]:
    """Return the metrics of the stage's namespace that log filters count."""
    return {
        transformation["MetricName"]
        for metric_filter in pipeline.of_type("AWS::Logs::MetricFilter").values()
        for transformation in metric_filter["MetricTransformations"]
        if transformation["MetricNamespace"] == names.namespace(pipeline.stage)
        and "Dimensions" not in transformation
    }


def test_every_function_publishes_to_the_namespace_of_its_stages_alarms(pipeline: Template) -> None:
    functions = pipeline.of_type("AWS::Lambda::Function")
    assert functions
    for function in functions.values():
        variables = function["Environment"]["Variables"]
        assert variables[names.NAMESPACE_VARIABLE] == f"Scones/{pipeline.stage}"


def test_the_dashboard_shows_metrics_that_are_published(pipeline: Template) -> None:
    body = json.loads(readable(pipeline.only("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    ours = published_by_us()
    shown = [metric for widget in body["widgets"] for metric in _metrics_of(widget)]
    assert len(shown) > 10
    for namespace, name, *rest in shown:
        dimensions = dict(zip(rest[::2], rest[1::2], strict=False))
        if namespace == names.namespace(pipeline.stage):
            assert (name, dimensions["service"]) in ours
        else:
            assert dimensions.keys() in PUBLISHED[(namespace, name)][0]


def _metrics_of(widget: Json) -> Iterator[list[str]]:
    for metric in widget["properties"].get("metrics", ()):
        yield [part for part in metric if isinstance(part, str)]


def test_the_dashboard_keeps_the_periods_of_its_metrics(pipeline: Template) -> None:
    """At any zoom: a metric that is published once a day has no value for most five minutes."""
    body = json.loads(readable(pipeline.only("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    assert body["periodOverride"] == "inherit"


def test_a_count_and_an_age_do_not_share_an_axis(pipeline: Template) -> None:
    body = json.loads(readable(pipeline.only("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    (reviews,) = (
        widget["properties"]["metrics"]
        for widget in body["widgets"]
        if widget["properties"].get("title", "").startswith("Reviews")
    )
    axes = {name: shown.get("yAxis", "left") for _, name, *_, shown in reviews}
    assert axes == {"ApproximateNumberOfMessagesVisible": "left", names.OLDEST_REVIEW_AGE: "right"}


def test_the_report_counts_the_messages_in_every_dead_letter_queue(pipeline: Template) -> None:
    variables = pipeline.function("report")["Environment"]["Variables"]
    counted = readable(variables["DEAD_LETTERS_URLS"]).split(",")
    queues = pipeline.of_type("AWS::SQS::Queue").keys() - {"Review", "Failures"}
    assert sorted(counted) == sorted(f"<{queue}>" for queue in queues)


def test_every_alarm_has_a_text_and_a_window_that_cloudwatch_accepts(
    both_stacks: tuple[Template, Template],
) -> None:
    pipeline, serving = both_stacks
    for name, alarm in (alarms_of(pipeline) | alarms_of(serving)).items():
        meaning = text_of(alarm).meaning
        assert len(meaning) > 60, name
        assert "driver" in meaning.lower(), name
        evaluated_s = alarm["EvaluationPeriods"] * period_of(alarm)
        assert evaluated_s <= (LONGEST_EVALUATION_S if period_of(alarm) >= 3600 else 24 * 3600)


def test_an_alarms_period_is_no_shorter_than_its_metrics_cadence(pipeline: Template) -> None:
    """A metric that is published once an hour leaves shorter periods empty: three breaching ones
    in a row never occur, and an alarm on a single one ends at once."""
    config = STAGES[pipeline.stage]
    cadence_s = {names.SWEEPER: config.sweep_every_minutes * 60, names.REPORT: 24 * 3600}
    checked = set()
    for name, alarm in alarms_of(pipeline).items():
        service = next(metrics_of(alarm)).dimensions.get("service", "")
        if service not in cadence_s:
            continue
        checked.add(alarm["MetricName"])
        evaluated_s = alarm["EvaluationPeriods"] * alarm["Period"]
        match alarm["TreatMissingData"]:
            case "notBreaching":
                assert alarm["Period"] >= cadence_s[service], name
            case "ignore":
                assert alarm["EvaluationPeriods"] == 1 or alarm["Period"] >= cadence_s[service], (
                    name
                )
            case "breaching":
                assert evaluated_s >= cadence_s[service], name
    assert checked >= {names.OLDEST_REVIEW_AGE, names.REPAIRS_NEEDED, names.REPORT_VERDICT}


@pytest.mark.parametrize(("metric", "hours"), [(names.REPORT_PUBLISHED, 26), (names.SWEEPS, 1)])
def test_a_silent_sweeper_or_report_raises_an_alarm(
    pipeline: Template, metric: str, hours: int
) -> None:
    (alarm,) = _alarms_on(pipeline, metric)
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["EvaluationPeriods"] * alarm["Period"] == hours * 3600
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)


def test_the_state_of_a_verdict_alarm_holds_until_the_next_report(pipeline: Template) -> None:
    alarms = _alarms_on(pipeline, names.REPORT_VERDICT)
    assert sorted(alarm["Threshold"] for alarm in alarms) == [1, 2]
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"ignore"}


def test_a_broken_budget_pages_until_a_report_says_otherwise(pipeline: Template) -> None:
    (alarm,) = _alarms_on(pipeline, names.ERROR_BUDGET)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 2)
    assert alarm["TreatMissingData"] == "ignore"  # a day without assignments has no status
    assert alarm["AlarmName"].endswith("page-BudgetBroken")


@pytest.mark.parametrize(
    "metric", ["ApproximateNumberOfMessagesVisible", names.POLICY_OVERRIDE_INVALID]
)
def test_missing_data_does_not_end_an_alarm(pipeline: Template, metric: str) -> None:
    """SQS does not report an idle queue, and Filter publishes only when a photo comes."""
    alarms = _alarms_on(pipeline, metric)
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"ignore"}


def test_the_latency_alarm_uses_the_unit_that_aws_publishes(pipeline: Template) -> None:
    (alarm,) = _alarms_on(pipeline, "ModelLatency")
    assert PUBLISHED[("AWS/SageMaker", "ModelLatency")][1] == "Microseconds"
    assert 100_000 <= alarm["Threshold"] <= 60_000_000


def test_sweeper_drain_and_report_are_scheduled_with_retries_and_dead_letters(
    pipeline: Template,
) -> None:
    config = STAGES[pipeline.stage]
    schedules = {
        _function_of(schedule): schedule
        for schedule in pipeline.of_type("AWS::Scheduler::Schedule").values()
    }
    assert schedules.keys() == {"Sweeper", "Drain", "Report"}
    report = schedules["Report"]
    assert report["ScheduleExpression"] == config.report_at
    assert report["ScheduleExpressionTimezone"] == config.time_zone
    assert json.loads(report["Target"]["Input"]) == {
        "scheduled_at": "<aws.scheduler.scheduled-time>"
    }
    minutes = config.sweep_every_minutes
    assert schedules["Sweeper"]["ScheduleExpression"] == f"rate({minutes} minutes)"
    assert schedules["Drain"]["ScheduleExpression"] == "rate(1 minute)"
    for schedule in schedules.values():
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        target = schedule["Target"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert readable(target["DeadLetterConfig"]["Arn"]) == "<ScheduleDeadLetters.Arn>"


def test_failed_events_of_scheduled_functions_are_kept(pipeline: Template) -> None:
    for name in ("sweeper", "drain", "report"):
        target = pipeline.function(name)["DeadLetterConfig"]["TargetArn"]
        assert readable(target) == "<ScheduleDeadLetters.Arn>"


def test_a_photo_is_stuck_only_when_its_execution_has_timed_out(pipeline: Template) -> None:
    variables = pipeline.function("sweeper")["Environment"]["Variables"]
    assert float(variables["STUCK_AFTER_S"]) == STUCK_AFTER_S > STANDARD.machine_s


SWEEPER = {
    ("dynamodb:BatchGetItem", "<Photos.Arn>"),
    ("dynamodb:Query", "<Photos.Arn>/index/by_pending"),
    ("dynamodb:Query", "<Photos.Arn>/index/by_review"),
    ("dynamodb:UpdateItem", "<Photos.Arn>"),
    ("s3:GetObject", "<Reports.Arn>/sweeper/*"),
    ("s3:ListBucketVersions", "<Intake.Arn>"),
    ("s3:PutObject", "<Reports.Arn>/sweeper/*"),
    ("sqs:SendMessage", "<Failures.Arn>"),
    ("sqs:SendMessage", "<Review.Arn>"),
    ("sqs:SendMessage", "<ScheduleDeadLetters.Arn>"),
    ("states:StartExecution", "<WorkflowMachine>"),
}


def test_the_sweeper_has_exactly_these_permissions(pipeline: Template) -> None:
    assert _granted(pipeline, "FunctionsSweeperRole") == SWEEPER


DRAIN = {
    ("dynamodb:BatchGetItem", "<Controls.Arn>"),
    ("dynamodb:BatchGetItem", "<Photos.Arn>"),
    ("dynamodb:PutItem", "<Controls.Arn>"),
    ("dynamodb:Query", "<Photos.Arn>/index/by_pending"),
    ("dynamodb:UpdateItem", "<Photos.Arn>"),
    ("sqs:SendMessage", "<Failures.Arn>"),
    ("sqs:SendMessage", "<ScheduleDeadLetters.Arn>"),
    ("states:StartExecution", "<WorkflowMachine>"),
}


def test_the_drain_has_exactly_these_permissions(pipeline: Template) -> None:
    assert _granted(pipeline, "FunctionsDrainRole") == DRAIN


def test_the_report_writes_only_to_its_own_prefixes(pipeline: Template) -> None:
    rows = _granted(pipeline, "FunctionsReportRole")
    writes = {(action, to) for action, to in rows if action.split(":")[1][:3] in {"Put", "Del"}}
    assert writes == {
        ("s3:PutObject", f"<Reports.Arn>/{folder}/*")
        for folder in ("baselines", "history", "queues", "reports")
    }
    assert ("sns:Publish", "<MonitoringTopic>") in rows
    # Of the sweeper's prefix, it reads only the checkpoint with the counts of the last walk.
    of_sweeper = {row for row in rows if "/sweeper/" in row[1]}
    assert of_sweeper == {("s3:GetObject", "<Reports.Arn>/sweeper/checkpoint.json")}
    actions = {action for action, _ in rows if action.startswith("dynamodb:")}
    assert actions == {"dynamodb:Query"}


def test_permission_to_list_is_limited_to_prefixes(pipeline: Template) -> None:
    listing = [row for row in grants(pipeline) if row.action.startswith("s3:ListBucket")]
    assert listing
    assert all("s3:prefix" in row.condition for row in listing)


def test_a_schedule_may_invoke_its_function_and_nothing_else(pipeline: Template) -> None:
    for function in ("Sweeper", "Report"):
        assert _granted(pipeline, f"Monitoring{function}ScheduleRole") == {
            ("lambda:InvokeFunction", f"<Functions{function}Function.Arn>"),
            ("sqs:SendMessage", "<ScheduleDeadLetters.Arn>"),
        }


def test_the_endpoint_writes_captures_by_default(local_pipeline: Template) -> None:
    variables = local_pipeline.function("classify")["Environment"]["Variables"]
    assert ClassifySettings.from_env({**variables, "ENDPOINT_NAME": "e"}).capture_bucket == ""
    assert not _writes_captures(local_pipeline)


def test_classify_writes_captures_where_the_endpoint_cannot(changed_assembly: Path) -> None:
    pipeline = Template.load(changed_assembly, "local", "Pipeline")
    prefix = "data-capture/scones-local-vehicle/AllTraffic"
    variables = pipeline.function("classify")["Environment"]["Variables"]
    assert (readable(variables["CAPTURE_BUCKET"]), variables["CAPTURE_PREFIX"]) == (
        "<Capture>",
        prefix,
    )
    assert _writes_captures(pipeline) == {("s3:PutObject", f"<Capture.Arn>/{prefix}/*")}
    serving = Template.load(changed_assembly, "local", "Serving")
    config = serving.only("AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert config["EnableCapture"] is False


def test_an_express_workflow_is_a_new_state_machine(
    local_pipeline: Template, changed_assembly: Path
) -> None:
    """CloudFormation cannot change the type of a state machine; tables and queues stay the same."""
    changed = Template.load(changed_assembly, "local", "Pipeline")
    (standard,) = local_pipeline.of_type("AWS::StepFunctions::StateMachine")
    ((express, machine),) = changed.of_type("AWS::StepFunctions::StateMachine").items()
    assert express != standard
    assert machine["StateMachineType"] == "EXPRESS"
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    definition = machine_definition(changed)
    assert definition["TimeoutSeconds"] == EXPRESS.machine_s
    standard_states = machine_definition(local_pipeline)["States"]
    assert _without_retries(definition["States"]) == _without_retries(standard_states)
    kept = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"}
    for kind in kept:
        assert changed.of_type(kind).keys() == local_pipeline.of_type(kind).keys()


def _without_retries(states: Json) -> Json:
    """Leave out how often tasks are tried, which has to fit into five minutes."""
    return {
        name: {key: value for key, value in state.items() if key != "Retry"}
        for name, state in states.items()
    }


def _alarms_on(template: Template, metric: str) -> list[Json]:
    """Return the alarms on one metric alone."""
    return [
        alarm for alarm in alarms_of(template).values() if alarm.get("MetricName", "") == metric
    ]


def _granted(template: Template, role: str) -> set[tuple[str, str]]:
    common = ("logs:", "xray:", "sts:")
    return {
        (row.action, row.resource)
        for row in grants(template)
        if row.role == role and not row.action.startswith(common)
    }


def _writes_captures(template: Template) -> set[tuple[str, str]]:
    rows = _granted(template, "FunctionsClassifyRole")
    return {(action, resource) for action, resource in rows if action.startswith("s3:")}


def _function_of(schedule: Json) -> str:
    arn = readable(schedule["Target"]["Arn"])
    return arn.removeprefix("<Functions").removesuffix("Function.Arn>")
