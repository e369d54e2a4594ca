"""One page of CloudWatch for whoever is on call: photos, waiting, endpoint, verdict, alarms."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.watch import of_endpoint, ours
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
            self, "Board", default_interval=Duration.days(3), period_override=_AUTO
        )
        self._board.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=_WHOLE)
        )
        self._add(
            ("What became of photos", self._outcomes(config)),
            ("Executions", _of_machine(machine)),
        )
        self._add(
            ("Reviews", _of_reviews(review_queue, config)),
            ("Endpoint: calls and errors", _of_calls(config)),
        )
        self._add(
            ("Endpoint: microseconds (p50, p95)", _of_latency(config)),
            (
                "Daily report: verdict 0 to 2",
                [
                    ours(
                        names.REPORT_VERDICT, names.REPORT, config, statistic="Maximum", period=_DAY
                    )
                ],
            ),
        )
        self._add(
            (
                "Capture completeness",
                [
                    ours(
                        names.CAPTURE_COMPLETENESS,
                        names.REPORT,
                        config,
                        statistic="Minimum",
                        period=_DAY,
                    )
                ],
            ),
            ("Sweeper", _of_sweeper(config)),
        )

    def _add(self, *graphs: tuple[str, list[cloudwatch.IMetric]]) -> None:
        self._board.add_widgets(
            *(
                cloudwatch.GraphWidget(title=title, left=metrics, width=_HALF)
                for title, metrics in graphs
            )
        )

    def _outcomes(self, config: StageConfig) -> list[cloudwatch.IMetric]:
        counted = {
            "PhotosPrepared": "serialize",
            "PhotosRefused": "serialize",
            "PhotosAssigned": "filter",
            "PhotosSentToReview": "filter",
        }
        return [ours(name, service, config) for name, service in counted.items()]


_AUTO = cloudwatch.PeriodOverride.AUTO


def _of_machine(machine: sfn.StateMachine) -> list[cloudwatch.IMetric]:
    return [
        machine.metric_started(),
        machine.metric_succeeded(),
        machine.metric_failed(),
        machine.metric_timed_out(),
    ]


def _of_reviews(queue: sqs.IQueue, config: StageConfig) -> list[cloudwatch.IMetric]:
    age = ours(names.OLDEST_REVIEW, names.SWEEPER, config, statistic="Maximum")
    return [queue.metric_approximate_number_of_messages_visible(), age]


def _of_calls(config: StageConfig) -> list[cloudwatch.IMetric]:
    counted = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
    return [of_endpoint(name, config) for name in counted]


def _of_latency(config: StageConfig) -> list[cloudwatch.IMetric]:
    return [of_endpoint("ModelLatency", config, statistic=each) for each in ("p50", "p95")]


def _of_sweeper(config: StageConfig) -> list[cloudwatch.IMetric]:
    counted = (names.REPAIRS_NEEDED, names.REPAIRS_MADE, names.REPAIRS_REFUSED)
    return [ours(name, names.SWEEPER, config) for name in counted]
