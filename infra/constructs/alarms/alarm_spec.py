"""The specification of one alarm, and constructors for the metrics that alarms and dashboard read.

A test compares names and dimensions with what AWS and our functions publish.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.aws_cloudwatch import ComparisonOperator, TreatMissingData

from infra.config import StageConfig
from infra.constructs.data_capture import VARIANT
from monitoring import metric_names as names

MINUTE, FIVE_MINUTES, HOUR = Duration.minutes(1), Duration.minutes(5), Duration.hours(1)


class AlarmSeverity(StrEnum):
    """How soon a person must act."""

    # At any hour: drivers get no decision or wrong ones, or data is lost, until a person acts.
    PAGE = "page"
    TICKET = "ticket"  # in working hours: late, degraded, or the system repairs it by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSpec:
    """A metric, its limit, and the text of the notification.

    The description states what happened, what it means for drivers, and what to do. The alarm is
    red when `evaluation_periods` consecutive periods of the metric are beyond the threshold.
    """

    metric: cloudwatch.IMetric
    description: str
    severity: AlarmSeverity = AlarmSeverity.TICKET
    runbook: str = ""  # page that several alarms share; empty: the page has the alarm's name
    threshold: float = 0
    comparison_operator: ComparisonOperator = ComparisonOperator.GREATER_THAN_THRESHOLD
    evaluation_periods: int = 1
    treat_missing_data: TreatMissingData = TreatMissingData.NOT_BREACHING


def sum_of(
    metrics: Sequence[cloudwatch.IMetric], *, label: str, period: Duration = FIVE_MINUTES
) -> cloudwatch.MathExpression:
    """Return the sum of at most ten metrics, CloudWatch's limit; a missing value counts as 0."""
    by_id = {f"m{position}": metric for position, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(
        expression=" + ".join(f"FILL({name}, 0)" for name in by_id),
        using_metrics=by_id,
        label=label,
        period=period,
    )


def function_metric(
    name: str,
    service: str,
    config: StageConfig,
    *,
    statistic: str = "Sum",
    period: Duration = FIVE_MINUTES,
) -> cloudwatch.Metric:
    """Return a metric that one of our functions publishes, selected by its dimension `service`."""
    return cloudwatch.Metric(
        namespace=names.namespace(config.stage),
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
    )


def sweeper_metric(name: str, config: StageConfig, *, statistic: str = "Sum") -> cloudwatch.Metric:
    """Return a metric of the sweeper, with a period no shorter than the time between two sweeps.

    A shorter period would sometimes be empty: three in a row would never be filled, and an alarm
    on a single one would end before the next sweep.
    """
    period = Duration.minutes(max(60, config.sweep_every_minutes))
    return function_metric(name, names.SWEEPER, config, statistic=statistic, period=period)


def endpoint_metric(
    name: str, config: StageConfig, *, statistic: str = "Sum", period: Duration = FIVE_MINUTES
) -> cloudwatch.Metric:
    """Return a metric that SageMaker publishes about the calls of the stage's endpoint."""
    return cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name=name,
        dimensions_map=_endpoint_dimensions(config),
        statistic=statistic,
        period=period,
    )


def instance_metric(name: str, config: StageConfig, *, statistic: str) -> cloudwatch.Metric:
    """Return a metric that SageMaker publishes about the instances of the stage's endpoint."""
    return cloudwatch.Metric(
        namespace="/aws/sagemaker/Endpoints",
        metric_name=name,
        dimensions_map=_endpoint_dimensions(config),
        statistic=statistic,
        period=FIVE_MINUTES,
    )


def _endpoint_dimensions(config: StageConfig) -> dict[str, str]:
    return {"EndpointName": config.endpoint_name, "VariantName": VARIANT}
