"""Assign: ledger and assignment in one transaction, read back where it was cancelled."""

from infra.state_machine.blocks import (
    NOW,
    PHOTO,
    TRANSIENT_SERVICE_ERRORS,
    State,
    catch,
    catch_all,
    facts,
    get_item,
    ledger_task,
    retry,
    service_task,
    text,
    update_fenced,
)
from infra.state_machine.resources import WorkflowResources

CANCELLED = "DynamoDb.TransactionCanceledException"


def assignment(resources: WorkflowResources) -> dict[str, State]:
    """Assign, and what a cancelled transaction leads to."""
    transaction = {
        "TransactItems": [
            {
                "Update": update_fenced(
                    resources.photos_table, status="assigned", sets=_facts_of_assignment()
                )
            },
            {"Put": _put_assignment(resources.assignments_table)},
        ]
    }
    return {
        "Assign": {**_assign(transaction), "End": True},
        "AssignAndAudit": {**_assign(transaction), "Next": "SendReview"},
        **_read_back(resources),
        # A newer photo of the same driver already decides what he rides: only the ledger changes.
        "AssignSuperseded": ledger_task(
            update_fenced(
                resources.photos_table,
                status="assigned",
                sets={**_facts_of_assignment(), "superseded": {"BOOL": True}},
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


def _facts_of_assignment() -> State:
    return {
        **facts(),
        "vehicle": text("$.decision.vehicle"),
        "order_range": text("$.decision.order_range"),
        "valid_until": text("$.decision.valid_until"),
        "decided_by": {"S": "model"},
    }


def _assign(transaction: State) -> State:
    return {
        **service_task("aws-sdk:dynamodb:transactWriteItems", transaction),
        # A cancelled transaction may have met a competing one: worth a try. It may also have been
        # written already, by a call whose reply was lost: hence the read-back.
        "Retry": [
            retry([CANCELLED], attempts=2),
            retry(TRANSIENT_SERVICE_ERRORS, attempts=5),
        ],
        "Catch": [catch([CANCELLED], "ReadBack"), catch_all()],
    }


def _put_assignment(assignments_table: str) -> State:
    return {
        "TableName": assignments_table,
        "Item": {
            "driver_id": text(f"{PHOTO}.driver_id"),
            "vehicle": text("$.decision.vehicle"),
            "order_range": text("$.decision.order_range"),
            "decided_by": {"S": "model"},
            "model_version": text("$.decision.model_version"),
            "confidence": {"N.$": "$.decision.confidence"},
            "photo_id": text(f"{PHOTO}.photo_id"),
            "photo_order": text(f"{PHOTO}.photo_order"),
            "order_id": text("$.serialized.order_id"),
            "uploaded_at": text(f"{PHOTO}.uploaded_at"),
            "assigned_at": text(NOW),
            "valid_until": text("$.decision.valid_until"),
        },
        # The photo uploaded later wins, whichever of them is decided first.
        "ConditionExpression": "attribute_not_exists(driver_id) OR photo_order <= :photo_order",
        "ExpressionAttributeValues": {":photo_order": text(f"{PHOTO}.photo_order")},
    }


def _read_back(resources: WorkflowResources) -> dict[str, State]:
    """Was the cancelled transaction ours and written? Has a newer photo won? Else it failed."""
    ledger_row, assignment = "$.read_back.Item", "$.newer.Item"
    return {
        "ReadBack": {
            **get_item(
                resources.photos_table, "photo_id", f"{PHOTO}.photo_id", result_path="$.read_back"
            ),
            "Next": "WasAssigned",
        },
        "WasAssigned": {
            "Type": "Choice",
            "Choices": [
                {"Variable": ledger_row, "IsPresent": False, "Next": "RecordFailure"},
                {
                    "Not": {
                        "Variable": f"{ledger_row}.execution_arn.S",
                        "StringEqualsPath": "$.execution",
                    },
                    "Next": "FencedOff",
                },
                {
                    "Variable": f"{ledger_row}.status.S",
                    "StringEquals": "assigned",
                    "Next": "IsAudited",
                },
            ],
            "Default": "ReadAssignment",
        },
        "ReadAssignment": {
            **get_item(
                resources.assignments_table,
                "driver_id",
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
                            "Variable": f"{assignment}.photo_order.S",
                            "StringGreaterThanPath": f"{PHOTO}.photo_order",
                        },
                    ],
                    "Next": "AssignSuperseded",
                }
            ],
            "Default": "RecordFailure",
        },
    }
