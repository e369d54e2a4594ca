"""The queues where nothing may lie, and what to do when something does."""

from aws_cdk import aws_sqs as sqs

from infra.constructs.intake import Intake
from infra.constructs.ledger_stream import LedgerStream
from infra.constructs.monitoring import Monitoring
from infra.constructs.queues import Queues


def empty_queues(
    *, intake: Intake, queues: Queues, changes: LedgerStream, monitoring: Monitoring
) -> dict[str, tuple[sqs.IQueue, str]]:
    """Queues by what a message in them means to whoever is called at night."""
    return {
        "ReviewDeadLetters": (
            queues.review_dead_letters,
            (
                "A review message could not be read. Its photo is still open in the ledger; "
                "the sweeper sends another message. Read this one, then purge it."
            ),
        ),
        "Failures": (
            queues.failures,
            (
                "A photo could not be processed. The message says why; when that is mended: "
                "`scones redrive PHOTO`, then delete the message."
            ),
        ),
        "ChangesDeadLetters": (
            changes.dead_letters,
            (
                "A change of the ledger became neither label nor event. The message names the "
                "stream's records; mend the cause, then write the label by hand or undo and "
                "repeat the verdict."
            ),
        ),
        "IntakeDeadLetters": (
            intake.dead_letters,
            (
                "A photo arrived, but the workflow could not be started for it. The sweeper "
                "starts it after an hour. Mend the rule's role or the machine, then purge "
                "the message."
            ),
        ),
        "ScheduleDeadLetters": (
            monitoring.dead_letters,
            (
                "A call of the sweeper or the report failed for good. Read the function's log; "
                "call the report by hand, the sweeper comes again by itself."
            ),
        ),
    }
