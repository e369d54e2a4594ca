"""Assign: write ledger and assignment in one transaction; read back if it was cancelled."""

from handlers.domain.ledger.schema import AssignmentAttribute, PhotoAttribute
from infra.state_machine.blocks import (
    NOW,
    PHOTO,
    State,
    catch,
    catch_all,
    decision_attributes,
    get_item,
    ledger_task,
    park,
    service_task,
    text,
    update_fenced,
)
from infra.state_machine.resources import WorkflowResources
from infra.state_machine.retry_limits import MAX_DELAY_S, retrier

CANCELLED = "DynamoDb.TransactionCanceledException"


def assignment(resources: WorkflowResources) -> dict[str, State]:
    """Return the states that assign a photo, and those after a cancelled transaction."""
    transaction = {
        "TransactItems": [
            {
                "Update": update_fenced(
                    resources.photos_table, status="assigned", sets=_assignment_attributes()
                )
            },
            {"Put": _put_assignment(resources.assignments_table)},
        ]
    }
    return {
        "Assign": {**_assign(resources, transaction), "End": True},
        "AssignAndAudit": {**_assign(resources, transaction), "Next": "SendReview"},
        **_read_back(resources),
        # A newer photo of the driver already decides the assignment: only the ledger changes.
        "AssignSuperseded": ledger_task(
            resources,
            update_fenced(
                resources.photos_table,
                status="assigned",
                sets={**_assignment_attributes(), PhotoAttribute.SUPERSEDED: {"BOOL": True}},
            ),
            {"Next": "IsAudited"},
        ),
        "IsAudited": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.decision.review", "StringEquals": "open", "Next": "SendReview"}
            ],
            "Default": "Assigned",
        },
    }


def _assignment_attributes() -> State:
    return {
        **decision_attributes(),
        PhotoAttribute.VEHICLE: text("$.decision.vehicle"),
        PhotoAttribute.ORDER_RANGE: text("$.decision.order_range"),
        PhotoAttribute.VALID_UNTIL: text("$.decision.valid_until"),
        PhotoAttribute.DECIDED_BY: {"S": "model"},
    }


def _assign(resources: WorkflowResources, transaction: State) -> State:
    task = service_task(resources, "aws-sdk:dynamodb:transactWriteItems", transaction)
    return {
        **task,
        # A cancelled transaction may have met a competing one, which justifies a retry. It may also
        # have been written already, by a call whose reply was lost: hence the read-back.
        "Retry": [
            retrier((CANCELLED,), attempts=2, max_delay_s=MAX_DELAY_S),
            *task["Retry"],
        ],
        "Catch": [catch([CANCELLED], "ReadBack"), park(), catch_all()],
    }


def _put_assignment(assignments_table: str) -> State:
    return {
        "TableName": assignments_table,
        "Item": {
            AssignmentAttribute.DRIVER_ID: text(f"{PHOTO}.driver_id"),
            AssignmentAttribute.VEHICLE: text("$.decision.vehicle"),
            AssignmentAttribute.ORDER_RANGE: text("$.decision.order_range"),
            AssignmentAttribute.DECIDED_BY: {"S": "model"},
            AssignmentAttribute.MODEL_VERSION: text("$.decision.model_version"),
            AssignmentAttribute.CONFIDENCE: {"N.$": "$.decision.confidence"},
            AssignmentAttribute.PHOTO_ID: text(f"{PHOTO}.photo_id"),
            AssignmentAttribute.PHOTO_ORDER: text(f"{PHOTO}.photo_order"),
            AssignmentAttribute.ORDER_ID: text("$.serialized.order_id"),
            AssignmentAttribute.UPLOADED_AT: text(f"{PHOTO}.uploaded_at"),
            AssignmentAttribute.ASSIGNED_AT: text(NOW),
            AssignmentAttribute.VALID_UNTIL: text("$.decision.valid_until"),
        },
        # The photo that was uploaded later wins, in whichever order the two are decided.
        "ConditionExpression": (
            f"attribute_not_exists({AssignmentAttribute.DRIVER_ID})"
            f" OR {AssignmentAttribute.PHOTO_ORDER} <= :photo_order"
        ),
        "ExpressionAttributeValues": {":photo_order": text(f"{PHOTO}.photo_order")},
    }


def _read_back(resources: WorkflowResources) -> dict[str, State]:
    """Return the states that find out why a transaction was cancelled.

    Either this execution has written it already, or a newer photo has won; else the photo failed.
    """
    ledger_row, assignment = "$.read_back.Item", "$.newer.Item"
    return {
        "ReadBack": {
            **get_item(
                resources,
                resources.photos_table,
                PhotoAttribute.PHOTO_ID,
                f"{PHOTO}.photo_id",
                result_path="$.read_back",
            ),
            "Next": "WasAssigned",
        },
        "WasAssigned": {
            "Type": "Choice",
            "Choices": [
                {"Variable": ledger_row, "IsPresent": False, "Next": "RecordFailure"},
                {
                    "Not": {
                        "Variable": f"{ledger_row}.{PhotoAttribute.EXECUTION_ARN}.S",
                        "StringEqualsPath": "$.execution",
                    },
                    "Next": "FencedOff",
                },
                {
                    "Variable": f"{ledger_row}.{PhotoAttribute.STATUS}.S",
                    "StringEquals": "assigned",
                    "Next": "IsAudited",
                },
            ],
            "Default": "ReadAssignment",
        },
        "ReadAssignment": {
            **get_item(
                resources,
                resources.assignments_table,
                AssignmentAttribute.DRIVER_ID,
                f"{PHOTO}.driver_id",
                result_path="$.newer",
            ),
            "Next": "IsSuperseded",
        },
        "IsSuperseded": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": assignment, "IsPresent": True},
                        {
                            "Variable": f"{assignment}.{AssignmentAttribute.PHOTO_ORDER}.S",
                            "StringGreaterThanPath": f"{PHOTO}.photo_order",
                        },
                    ],
                    "Next": "AssignSuperseded",
                }
            ],
            "Default": "RecordFailure",
        },
    }
