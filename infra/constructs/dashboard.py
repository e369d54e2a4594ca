"""One page of CloudWatch for whoever is on call: photos, waiting, endpoint, verdict, alarms."""

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
    """The dashboard of a stage."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        machine: sfn.StateMachine,
        review_queue: sqs.IQueue,
        alarms: list[cloudwatch.Alarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._board = cloudwatch.Dashboard(
            self,
            "Board",
            default_interval=Duration.days(3),
            # Automatic periods would cut the daily figures into five minutes.
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        self._board.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WHOLE)
        )
        self._add(
            ("What became of photos", self._outcomes(config)),
            ("Executions", _of_machine(machine)),
        )
        self._board.add_widgets(
            _reviews(review_queue, config),
            _graph("Endpoint: calls and errors", _of_calls(config)),
        )
        self._add(
            ("Endpoint: microseconds (p50, p95)", _of_latency(config)),
            ("Daily report: verdict 0 to 2", [_daily(names.REPORT_VERDICT, "Maximum", config)]),
        )
        self._board.add_widgets(*_of_capture(config), _graph("Sweeper", _of_sweeper(config)))

    def _add(self, *graphs: tuple[str, list[cloudwatch.IMetric]]) -> None:
        self._board.add_widgets(*(_graph(title, metrics) for title, metrics in graphs))

    def _outcomes(self, config: StageConfig) -> list[cloudwatch.IMetric]:
        counted = {
            "PhotosPrepared": "serialize",
            "PhotosRefused": "serialize",
            "PhotosAssigned": "filter",
            "PhotosSentToReview": "filter",
        }
        return [function_metric(name, service, config) for name, service in counted.items()]


def _graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=_HALF)


def _of_machine(machine: sfn.StateMachine) -> list[cloudwatch.IMetric]:
    return [
        machine.metric_started(),
        machine.metric_succeeded(),
        machine.metric_failed(),
        machine.metric_timed_out(),
    ]


def _reviews(queue: sqs.IQueue, config: StageConfig) -> cloudwatch.GraphWidget:
    """How many against how long: each has an axis of its own."""
    return cloudwatch.GraphWidget(
        title="Reviews: messages; seconds of the oldest",
        left=[queue.metric_approximate_number_of_messages_visible(statistic="Maximum")],
        right=[sweeper_metric(names.OLDEST_REVIEW, config, statistic="Maximum")],
        width=_HALF,
    )


def _of_capture(config: StageConfig) -> list[cloudwatch.GraphWidget]:
    if not config.captures_everything:
        return []
    completeness = _daily(names.CAPTURE_COMPLETENESS, "Minimum", config)
    return [_graph("Capture completeness", [completeness])]


def _of_calls(config: StageConfig) -> list[cloudwatch.IMetric]:
    counted = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
    return [endpoint_metric(name, config) for name in counted]


def _of_latency(config: StageConfig) -> list[cloudwatch.IMetric]:
    return [endpoint_metric("ModelLatency", config, statistic=each) for each in ("p50", "p95")]


def _of_sweeper(config: StageConfig) -> list[cloudwatch.IMetric]:
    counted = (
        *(names.REPAIRS_NEEDED, names.REPAIRS_MADE, names.REPAIRS_REFUSED),
        names.REMINDERS,
    )
    return [sweeper_metric(name, config) for name in counted]


def _daily(name: str, statistic: str, config: StageConfig) -> cloudwatch.Metric:
    return function_metric(name, names.REPORT, config, statistic=statistic, period=_DAY)
