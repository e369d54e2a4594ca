"""The CloudWatch dashboard: alarms, photos, executions, reviews, endpoint, report, sweeper."""

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import endpoint_metric, function_metric, sweeper_metric
from monitoring import metric_names as names

_HALF, _WHOLE = 12, 24
_DAY = Duration.days(1)


class Dashboard(Construct):
    """One dashboard for a stage, for the operator on call."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        machine: sfn.StateMachine,
        review_queue: sqs.IQueue,
        alarms: Iterable[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._dashboard = cloudwatch.Dashboard(
            self,
            "Board",
            default_interval=Duration.days(3),
            # Automatic periods would split the daily figures into five minutes.
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        self._dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=_WHOLE)
        )
        self._add(
            ("Outcomes of photos", _outcome_metrics(config)),
            ("Executions", _execution_metrics(machine)),
        )
        self._dashboard.add_widgets(
            _review_graph(review_queue, config),
            _graph("Endpoint: calls and errors", _invocation_metrics(config)),
        )
        self._add(
            ("Endpoint: microseconds (p50, p95)", _latency_metrics(config)),
            ("Daily report: verdict 0 to 2", [_daily(names.REPORT_VERDICT, "Maximum", config)]),
        )
        self._dashboard.add_widgets(
            *_capture_graphs(config), _graph("Sweeper", _sweeper_metrics(config))
        )
        self._dashboard.add_widgets(_graph("Photos that wait for capacity", _drain_metrics(config)))

    def _add(self, *graphs: tuple[str, list[cloudwatch.IMetric]]) -> None:
        self._dashboard.add_widgets(*(_graph(title, metrics) for title, metrics in graphs))


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=_HALF)


def _outcome_metrics(config: StageConfig) -> list[cloudwatch.IMetric]:
    service_by_metric = {
        "PhotosPrepared": "serialize",
        "PhotosRefused": "serialize",
        "PhotosAssigned": "filter",
        "PhotosSentToReview": "filter",
    }
    return [function_metric(name, service, config) for name, service in service_by_metric.items()]


def _execution_metrics(machine: sfn.StateMachine) -> list[cloudwatch.IMetric]:
    return [
        machine.metric_started(),
        machine.metric_succeeded(),
        machine.metric_failed(),
        machine.metric_timed_out(),
    ]


def _review_graph(queue: sqs.IQueue, config: StageConfig) -> cloudwatch.GraphWidget:
    """Return a graph with two axes: number of messages, and age of the oldest review."""
    return cloudwatch.GraphWidget(
        title="Reviews: messages; seconds of the oldest",
        left=[queue.metric_approximate_number_of_messages_visible(statistic="Maximum")],
        right=[sweeper_metric(names.OLDEST_REVIEW_AGE, config, statistic="Maximum")],
        width=_HALF,
    )


def _capture_graphs(config: StageConfig) -> list[cloudwatch.GraphWidget]:
    if not config.captures_everything:
        return []
    completeness = _daily(names.CAPTURE_COMPLETENESS, "Minimum", config)
    return [_graph("Capture completeness", [completeness])]


def _invocation_metrics(config: StageConfig) -> list[cloudwatch.IMetric]:
    metric_names = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
    return [endpoint_metric(name, config) for name in metric_names]


def _latency_metrics(config: StageConfig) -> list[cloudwatch.IMetric]:
    return [
        endpoint_metric("ModelLatency", config, statistic=percentile)
        for percentile in ("p50", "p95")
    ]


def _sweeper_metrics(config: StageConfig) -> list[cloudwatch.IMetric]:
    metric_names = (
        *(names.REPAIRS_NEEDED, names.REPAIRS_MADE, names.REPAIRS_REFUSED),
        names.REVIEW_REMINDERS,
    )
    return [sweeper_metric(name, config) for name in metric_names]


def _drain_metrics(config: StageConfig) -> list[cloudwatch.IMetric]:
    return [
        function_metric(names.PARKED_PHOTOS, names.DRAIN, config, statistic="Maximum"),
        function_metric(names.DRAINED_PHOTOS, names.DRAIN, config),
    ]


def _daily(name: str, statistic: str, config: StageConfig) -> cloudwatch.Metric:
    return function_metric(name, names.REPORT, config, statistic=statistic, period=_DAY)
