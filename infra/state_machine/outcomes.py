"""Reject, review, fail, and the quiet ends."""

from handlers.domain.ledger.schema import PhotoAttribute
from infra.state_machine.blocks import (
    ATTEMPT,
    EXECUTION,
    NOW,
    PHOTO,
    State,
    catch,
    catch_all,
    facts,
    ledger_task,
    service_task,
    text,
    update,
    update_fenced,
)
from infra.state_machine.resources import WorkflowResources


def rejection(photos_table: str) -> dict[str, State]:
    """The driver learns why, and can send another photo."""
    update = update_fenced(
        photos_table,
        status="rejected",
        sets={
            PhotoAttribute.REASON: text("$.serialized.reason"),
            PhotoAttribute.MESSAGE: text("$.serialized.message"),
            PhotoAttribute.ORDER_ID: text("$.serialized.order_id"),
        },
    )
    return {"Reject": ledger_task(update, {"End": True})}


def review(resources: WorkflowResources) -> dict[str, State]:
    """Status before message before `enqueued_at`: sending again is always safe."""
    message = {
        "QueueUrl": resources.review_queue_url,
        "MessageBody": {
            "photo_id.$": f"{PHOTO}.photo_id",
            "photo.$": PHOTO,
            "reason.$": "$.decision.review_reason",
            "received_at.$": "$$.Execution.StartTime",
        },
    }
    enqueued = update(
        resources.photos_table,
        sets={PhotoAttribute.ENQUEUED_AT: text(NOW)},
        condition=f"{PhotoAttribute.ATTEMPT} = :attempt AND #review = :open",
        names={"#review": PhotoAttribute.REVIEW},
        values={":attempt": {"N.$": ATTEMPT}, ":open": {"S": "open"}},
    )
    return {
        "OpenReview": ledger_task(
            update_fenced(resources.photos_table, status="in_review", sets=facts()),
            {"Next": "SendReview"},
        ),
        "SendReview": {
            **service_task("sqs:sendMessage", message),
            "Catch": [catch_all()],
            "Next": "MarkEnqueued",
        },
        "MarkEnqueued": ledger_task(enqueued, {"End": True}),
    }


def failure(resources: WorkflowResources) -> dict[str, State]:
    """Whatever went wrong: ledger, failures queue, then a failed execution."""
    update = update_fenced(
        resources.photos_table,
        status="failed",
        sets={
            PhotoAttribute.REASON: text("$.error.Error"),
            PhotoAttribute.MESSAGE: {
                "S": "Something went wrong on our side. We are looking into it; "
                "you can also send the photo again."
            },
            PhotoAttribute.CAUSE: text("$.error.Cause"),
        },
    )
    message = {
        "QueueUrl": resources.failures_queue_url,
        "MessageBody": {
            "photo_id.$": f"{PHOTO}.photo_id",
            "photo.$": PHOTO,
            "attempt.$": "$.request.attempt",
            "execution_arn.$": EXECUTION,
            "error.$": "$.error",
        },
    }
    return {
        "RecordFailure": {
            **service_task("dynamodb:updateItem", update),
            # The operator hears of it even where the ledger cannot be written.
            "Catch": [catch(["States.ALL"], "SendFailure", result_path="$.recording_error")],
            "Next": "SendFailure",
        },
        "SendFailure": {
            **service_task("sqs:sendMessage", message),
            "Catch": [catch(["States.ALL"], "Failed", result_path="$.sending_error")],
            "Next": "Failed",
        },
        # A fixed name: AWS lets no machine fail with a name of its own that begins with `States.`.
        "Failed": {
            "Type": "Fail",
            "Error": "PhotoFailed",
            "CausePath": "States.Format('{}: {}', $.error.Error, $.error.Cause)",
        },
    }


def quiet_ends() -> dict[str, State]:
    """Success states that say in the execution's history why nothing more was done."""
    return {
        "FolderMarker": {"Type": "Succeed"},
        "Duplicate": {"Type": "Succeed"},
        "FencedOff": {"Type": "Succeed"},
        "Assigned": {"Type": "Succeed"},
    }
