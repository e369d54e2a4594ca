"""Alarms on the queues that operators read: one message is enough."""

from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_cloudwatch import TreatMissingData

from infra.constructs.alarms.alarm_spec import MINUTE, AlarmSeverity, AlarmSpec
from infra.constructs.intake import Intake
from infra.constructs.ledger_stream import LedgerStream
from infra.constructs.monitoring import Monitoring
from infra.constructs.queues import Queues


def queue_alarms(
    *, intake: Intake, queues: Queues, ledger_stream: LedgerStream, monitoring: Monitoring
) -> dict[str, AlarmSpec]:
    """Return an alarm for the failures queue and one for every dead-letter queue."""
    return {
        "ReviewDeadLetters": _message_alarm(
            queues.review_dead_letters,
            "A review message could not be read. Its review is still open in the ledger, and the "
            "sweeper sends another message after a day; until then the driver may wait. Run "
            "`scones redrive --queue review`: it sends another at once.",
        ),
        "Failures": _message_alarm(
            queues.failures,
            "A photo could not be processed, so its driver has no decision. The message states the "
            "error. Fix the cause, then run `scones redrive --queue failures`.",
            severity=AlarmSeverity.PAGE,
        ),
        "ChangesDeadLetters": _message_alarm(
            ledger_stream.dead_letters,
            "A change of the ledger was published neither as a label nor as an event. Drivers' "
            "assignments are not affected. The message names the records in the stream: fix the "
            "cause, then run `scones redrive --queue changes` within 24 hours.",
        ),
        "IntakeDeadLetters": _message_alarm(
            intake.dead_letters,
            "A photo arrived, but the workflow could not be started for it. The sweeper starts it "
            "after an hour, so its driver waits that long. Fix the rule's role or the state "
            "machine, then run `scones redrive --queue intake`.",
            severity=AlarmSeverity.PAGE,
        ),
        "ScheduleDeadLetters": _message_alarm(
            monitoring.dead_letters,
            "A scheduled call of the sweeper, the drain or the report failed permanently. Drivers "
            "notice nothing yet. Read the function's log, fix the cause, then run "
            "`scones redrive --queue schedules`.",
        ),
    }


def _message_alarm(
    queue: sqs.IQueue, description: str, *, severity: AlarmSeverity = AlarmSeverity.TICKET
) -> AlarmSpec:
    return AlarmSpec(
        severity=severity,
        metric=queue.metric_approximate_number_of_messages_visible(
            statistic="Maximum", period=MINUTE
        ),
        description=description,
        # SQS stops reporting a queue that has been idle for six hours, with or without messages.
        treat_missing_data=TreatMissingData.IGNORE,
    )
