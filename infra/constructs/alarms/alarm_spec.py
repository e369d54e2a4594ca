"""One metric, its limit, and what to do beyond it; and how the metrics are named.

Names and dimensions are held against what AWS and our functions publish by a test.
"""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import StageConfig
from infra.constructs.data_capture import VARIANT
from monitoring import metric_names as names

OVER = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
UNDER = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
# What it means that nothing was measured.
NOT_BREACHING = cloudwatch.TreatMissingData.NOT_BREACHING
IGNORE = cloudwatch.TreatMissingData.IGNORE
BREACHING = cloudwatch.TreatMissingData.BREACHING

MINUTE, FIVE_MINUTES, HOUR = Duration.minutes(1), Duration.minutes(5), Duration.hours(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSpec:
    """One metric and its limit."""

    metric: cloudwatch.IMetric
    meaning: str
    threshold: float = 0
    comparison: cloudwatch.ComparisonOperator = OVER
    periods: int = 1
    missing: cloudwatch.TreatMissingData = NOT_BREACHING


def function_metric(
    name: str,
    service: str,
    config: StageConfig,
    *,
    statistic: str = "Sum",
    period: Duration = FIVE_MINUTES,
) -> cloudwatch.Metric:
    """A metric of our own functions."""
    return cloudwatch.Metric(
        namespace=names.namespace(config.stage),
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
    )


def sweeper_metric(name: str, config: StageConfig, *, statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric of the sweeper. A shorter period than from round to round would be empty now and
    then: three in a row never fill up, and one alone is over before the next round."""
    period = Duration.minutes(max(60, config.sweep_every_minutes))
    return function_metric(name, names.SWEEPER, config, statistic=statistic, period=period)


def endpoint_metric(name: str, config: StageConfig, *, statistic: str = "Sum") -> cloudwatch.Metric:
    """A metric that SageMaker publishes of the endpoint."""
    return cloudwatch.Metric(
        namespace="AWS/SageMaker",
        metric_name=name,
        dimensions_map={"EndpointName": config.endpoint_name, "VariantName": VARIANT},
        statistic=statistic,
        period=FIVE_MINUTES,
    )
