"""The topics that notify operators: one for every alarm, one for those that page."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.alarms.alarm_spec import AlarmSeverity


class AlarmTopics(Construct):
    """Topic `all`, for a mailbox, and topic `pages`, for a service that wakes a person.

    Their names are fixed, because the alarms of the stack Serving refer to them by name.
    """

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self.all = self._add_topic("All", "alarms", config, email=config.alarm_email)
        self.pages = self._add_topic("Pages", "pages", config, email=config.page_email)

    def _add_topic(
        self, construct_id: str, name: str, config: StageConfig, *, email: str
    ) -> sns.Topic:
        topic = sns.Topic(
            self, construct_id, topic_name=f"scones-{config.stage}-{name}", enforce_ssl=True
        )
        _allow_alarms_to_publish(topic)
        if email:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic


def topic_arns(scope: Construct, config: StageConfig, severity: AlarmSeverity) -> list[str]:
    """Return the topics that an alarm of this severity notifies."""
    names = ("alarms", "pages") if severity is AlarmSeverity.PAGE else ("alarms",)
    stack = Stack.of(scope)
    return [
        stack.format_arn(service="sns", resource=f"scones-{config.stage}-{name}") for name in names
    ]


def _allow_alarms_to_publish(topic: sns.Topic) -> None:
    # A topic with a policy of its own loses the default one, which let CloudWatch publish.
    stack = Stack.of(topic)
    alarms = stack.format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name="*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsPublish",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        )
    )
