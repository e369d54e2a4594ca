"""Alarms on the HTTP API, as its callers see it."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import FIVE_MINUTES, AlarmSeverity, AlarmSpec
from infra.constructs.http_api import HttpApi
from monitoring import metric_names as names

_FEWEST_CALLS = 50  # below which a share of refused calls says nothing
_REFUSED_PERCENT = 50


def api_alarms(api: HttpApi, config: StageConfig) -> dict[str, AlarmSpec]:
    """Return alarms on failed, refused and throttled calls."""
    return {
        "ApiErrors": AlarmSpec(
            metric=_api_metric("5xx", api),
            threshold=5,
            severity=AlarmSeverity.PAGE,
            description=(
                "The API answers with server errors: drivers cannot send photos, or reviewers "
                "cannot decide. Which function fails is in the access log and in the alarms on "
                "the functions."
            ),
        ),
        "ApiRefusals": AlarmSpec(
            metric=_refused_percent(api),
            threshold=_REFUSED_PERCENT,
            evaluation_periods=3,
            description=(
                "The API has refused more than half of the calls for a quarter of an hour: the "
                "drivers' app or the review page may send wrong requests or cannot sign in. The "
                "access log states route, status and the authorizer's reason."
            ),
        ),
        "ApiThrottled": AlarmSpec(
            metric=cloudwatch.Metric(
                namespace=names.namespace(config.stage),
                metric_name=names.API_THROTTLED,
                statistic="Sum",
                period=FIVE_MINUTES,
            ),
            threshold=20,
            description=(
                "The API's limits refuse calls: some drivers or reviewers must try again. One "
                "client may call too often, or the limit of a route is too low for the number of "
                "drivers."
            ),
        ),
    }


def _api_metric(name: str, api: HttpApi) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name=name,
        dimensions_map={"ApiId": api.api.ref},
        statistic="Sum",
        period=FIVE_MINUTES,
    )


def _refused_percent(api: HttpApi) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression=f"IF(FILL(calls, 0) >= {_FEWEST_CALLS}, 100 * FILL(refused, 0) / calls, 0)",
        using_metrics={"refused": _api_metric("4xx", api), "calls": _api_metric("Count", api)},
        label=f"percent of calls with 4xx, of at least {_FEWEST_CALLS}",
        period=FIVE_MINUTES,
    )
