"""The states that reject, review, park or fail a photo, and those that end without a write."""

from handlers.domain.ledger.schema import PARKED, PhotoAttribute
from infra.state_machine.blocks import (
    ATTEMPT,
    CONDITION_FAILED,
    EXECUTION,
    KEPT_UNTIL,
    NOW,
    PHOTO,
    State,
    catch,
    catch_all,
    decision_attributes,
    leave_to_sweeper,
    ledger_task,
    service_task,
    text,
    update,
    update_fenced,
)
from infra.state_machine.resources import WorkflowResources


def rejection(resources: WorkflowResources) -> dict[str, State]:
    """Return the state that records a refusal, with the reason that the driver's app shows."""
    update = update_fenced(
        resources.photos_table,
        status="rejected",
        sets={
            PhotoAttribute.REASON: text("$.serialized.reason"),
            PhotoAttribute.MESSAGE: text("$.serialized.message"),
            PhotoAttribute.ORDER_ID: text("$.serialized.order_id"),
            PhotoAttribute.KEPT_UNTIL: KEPT_UNTIL,
        },
    )
    return {"Reject": ledger_task(resources, update, {"End": True})}


def review(resources: WorkflowResources) -> dict[str, State]:
    """Return the states that open a review and send its message.

    The status is written before the message is sent, and `enqueued_at` after it, so that sending
    again is always safe.
    """
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
            resources,
            update_fenced(resources.photos_table, status="in_review", sets=decision_attributes()),
            {"Next": "SendReview"},
        ),
        "SendReview": {
            **service_task(resources, "sqs:sendMessage", message),
            # The photo is decided. The sweeper sends the message of a review that has none.
            "Catch": [leave_to_sweeper(), catch_all()],
            "Next": "MarkEnqueued",
        },
        "MarkEnqueued": {
            **service_task(resources, "dynamodb:updateItem", enqueued),
            "Catch": [catch([CONDITION_FAILED], "FencedOff"), leave_to_sweeper(), catch_all()],
            "End": True,
        },
    }


def parking(resources: WorkflowResources) -> dict[str, State]:
    """Return the state that parks a photo until the drain starts its next attempt.

    The status stays `received`. A parked photo is at its place by receipt in the index of pending
    photos, whichever attempt was parked.
    """
    parked: State = {
        PhotoAttribute.PENDING: {"S": PARKED},
        PhotoAttribute.PARKED_AT: text(NOW),
        PhotoAttribute.PARKED_REASON: text("$.error.Error"),
        PhotoAttribute.UPDATED_AT: text(NOW),
    }
    claimed, received, parkings = (
        PhotoAttribute.CLAIMED_AT,
        PhotoAttribute.RECEIVED_AT,
        PhotoAttribute.PARKINGS,
    )
    update_item = update(
        resources.photos_table,
        sets=parked,
        condition=f"{PhotoAttribute.ATTEMPT} = :attempt AND #status = :received",
        names={"#status": PhotoAttribute.STATUS},
        values={
            ":attempt": {"N.$": ATTEMPT},
            ":received": {"S": "received"},
            ":none": {"N": "0"},
            ":one": {"N": "1"},
        },
    )
    update_item["UpdateExpression"] += (
        f", {claimed} = {received}, {parkings} = if_not_exists({parkings}, :none) + :one"
    )
    return {
        "Park": {
            **service_task(resources, "dynamodb:updateItem", update_item, is_last_chance=True),
            # Not parked, the row keeps `received`: the sweeper takes it over once it is overdue.
            "Catch": [catch([CONDITION_FAILED], "FencedOff"), leave_to_sweeper(), catch_all()],
            "Next": "Parked",
        },
    }


def failure(resources: WorkflowResources) -> dict[str, State]:
    """Return the states after any error: update the ledger, send a message, fail the execution."""
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
            **service_task(resources, "dynamodb:updateItem", update),
            # The operator is notified even if the ledger cannot be written.
            "Catch": [catch(["States.ALL"], "SendFailure", result_path="$.recording_error")],
            "Next": "SendFailure",
        },
        "SendFailure": {
            **service_task(resources, "sqs:sendMessage", message),
            "Catch": [catch(["States.ALL"], "Failed", result_path="$.sending_error")],
            "Next": "Failed",
        },
        # A fixed name: AWS does not allow a Fail state to use an error that begins with `States.`.
        "Failed": {
            "Type": "Fail",
            "Error": "PhotoFailed",
            "CausePath": "States.Format('{}: {}', $.error.Error, $.error.Cause)",
        },
    }


def succeed_states() -> dict[str, State]:
    """Return success states whose names show in the history why the execution ended early."""
    return {
        "FolderMarker": {"Type": "Succeed"},
        "Duplicate": {"Type": "Succeed"},
        "FencedOff": {"Type": "Succeed"},
        "Assigned": {"Type": "Succeed"},
        "Parked": {"Type": "Succeed"},
        "LeftToSweeper": {"Type": "Succeed"},
    }
