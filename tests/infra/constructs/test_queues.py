"""Queues, and the alarms on those for operators."""

from tests.infra.alarms import alarms_of
from tests.infra.conftest import RELEASE
from tests.infra.template import Template, readable, refuses_plain_text

DEAD_LETTER_QUEUES = {
    *("ReviewDeadLetters", "Failures", "IntakeDeadLetters"),
    *("ChangesDeadLetters", "ScheduleDeadLetters"),
}
TWO_WEEKS_S = 14 * 24 * 3600


def test_every_queue_keeps_its_messages_encrypted_for_two_weeks(pipeline: Template) -> None:
    queues = pipeline.of_type("AWS::SQS::Queue")
    assert queues.keys() == {"Review", *DEAD_LETTER_QUEUES}
    for logical_id, queue in queues.items():
        assert queue["MessageRetentionPeriod"] == TWO_WEEKS_S
        assert queue["SqsManagedSseEnabled"] is True
        statements = pipeline.statements_on("AWS::SQS::QueuePolicy", "Queues", logical_id)
        assert refuses_plain_text(statements, "sqs:*")


def test_a_review_can_be_skipped_many_times_before_it_becomes_a_dead_letter(
    pipeline: Template,
) -> None:
    review = pipeline.of_type("AWS::SQS::Queue")["Review"]
    assert review["VisibilityTimeout"] == 300
    assert readable(review["RedrivePolicy"]["deadLetterTargetArn"]) == "<ReviewDeadLetters.Arn>"
    assert review["RedrivePolicy"]["maxReceiveCount"] >= 50


def test_every_message_in_a_dead_letter_queue_raises_an_alarm(pipeline: Template) -> None:
    alarms = [
        alarm for alarm in alarms_of(pipeline).values() if alarm.get("Namespace") == "AWS/SQS"
    ]
    queues = {readable(alarm["Dimensions"][0]["Value"]) for alarm in alarms}
    assert queues == {f"<{queue}.QueueName>" for queue in DEAD_LETTER_QUEUES}
    for alarm in alarms:
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == (
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "Maximum",
        )
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
        assert alarm["EvaluationPeriods"] * alarm["Period"] <= 300


def test_alarms_may_publish_to_their_topics(pipeline: Template) -> None:
    """A topic with a policy of its own loses the default one, which allowed them."""
    topics = [name for name in pipeline.of_type("AWS::SNS::Topic") if "AlarmTopics" in name]
    assert len(topics) == 2
    for topic_id in topics:
        statements = pipeline.statements_on("AWS::SNS::TopicPolicy", "Topics", topic_id)
        (allowed,) = (statement for statement in statements if statement["Effect"] == "Allow")
        assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert readable(allowed["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(":alarm:*")


def test_alarms_and_reports_reach_the_configured_recipients(prod_pipeline: Template) -> None:
    subscriptions = {
        (readable(item["TopicArn"]), item["Protocol"], item["Endpoint"])
        for item in prod_pipeline.of_type("AWS::SNS::Subscription").values()
    }
    assert subscriptions == {
        ("<AlarmTopicsAll>", "email", RELEASE["alarm_email"]),
        ("<AlarmTopicsPages>", "email", RELEASE["page_email"]),
        ("<MonitoringTopic>", "email", "dispatch@example.com"),
        ("<MonitoringTopic>", "email", "quality@example.com"),
    }
