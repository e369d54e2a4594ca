"""The alarms of a stack, made from their specifications."""

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import AlarmSpec
from infra.constructs.alarms.topics import topic_arns
from infra.constructs.resource import resource_of


class Alarms(Construct):
    """One alarm for each specification, and its notifications.

    The name, which is the mail's subject, states the severity; the description, which is the mail's
    text, ends with the address of the alarm's page in the runbook.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        specs: Mapping[str, AlarmSpec],
    ) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self.by_name = {name: self._add_alarm(name, spec) for name, spec in specs.items()}

    def _add_alarm(self, name: str, spec: AlarmSpec) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"scones-{self._config.stage}-{spec.severity.value}-{name}",
            alarm_description=_text(name, spec, self._config),
            metric=spec.metric,
            threshold=spec.threshold,
            comparison_operator=spec.comparison_operator,
            evaluation_periods=spec.evaluation_periods,
            treat_missing_data=spec.treat_missing_data,
        )
        resource = resource_of(alarm, cloudwatch.CfnAlarm)
        resource.alarm_actions = resource.ok_actions = topic_arns(self, self._config, spec.severity)
        return alarm


def _text(name: str, spec: AlarmSpec, config: StageConfig) -> str:
    page = f"{config.runbook_url}/{spec.runbook or name}.md"
    return f"[{spec.severity.value}] {spec.description} Runbook: {page}"
