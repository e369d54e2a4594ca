"""Building blocks of the states: paths, fenced writes, tasks and catches."""

from typing import Any

from handlers.domain.ledger.schema import Attribute, PhotoAttribute
from infra.state_machine.resources import WorkflowResources
from infra.state_machine.retry_limits import SERVICE_ERRORS, service_retries

State = dict[str, Any]  # Amazon States Language is JSON: Any is a JSON value

SERVICE_TIMEOUT_S = 15

CONDITION_FAILED = "DynamoDB.ConditionalCheckFailedException"

PHOTO = "$.photo"
EXECUTION = "$$.Execution.Id"
NOW = "$$.State.EnteredTime"

# Time to live of the photo's row; Serialize computes it.
KEPT_UNTIL = {"N.$": "$.serialized.kept_until"}
ATTEMPT = "States.Format('{}', $.request.attempt)"


def text(path: str) -> State:
    """Return a DynamoDB string attribute whose value is read from a path."""
    return {"S.$": path}


def update_fenced(table: str, *, status: str, sets: State) -> State:
    """Return an update of the status that only this attempt can make; it is idempotent."""
    return update(
        table,
        sets={
            PhotoAttribute.STATUS: {"S": status},
            PhotoAttribute.UPDATED_AT: text(NOW),
            **sets,
        },
        removes=PhotoAttribute.PENDING,
        condition=f"{PhotoAttribute.ATTEMPT} = :attempt AND #status IN (:received, :status)",
        values={":attempt": {"N.$": ATTEMPT}, ":received": {"S": "received"}},
    )


def update(
    table: str,
    *,
    sets: State,
    condition: str,
    values: State,
    sets_if_absent: State | None = None,
    removes: str = "",
    names: State | None = None,
) -> State:
    """Return parameters of UpdateItem on a photo's row.

    Values are DynamoDB attribute values, or strings with a path to one. `sets_if_absent` keeps
    attributes that the row already has. Names in `condition` that `sets` lacks come from `names`.
    """
    initial = sets_if_absent or {}
    assignments = [f"#{name} = :{name}" for name in sets]
    assignments += [f"#{name} = if_not_exists(#{name}, :{name})" for name in initial]
    expression = "SET " + ", ".join(assignments) + (f" REMOVE {removes}" if removes else "")
    bound = {f":{name}": value for name, value in {**sets, **initial}.items()}
    return {
        "TableName": table,
        "Key": {PhotoAttribute.PHOTO_ID: text(f"{PHOTO}.photo_id")},
        "UpdateExpression": expression,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in {**sets, **initial}}
        | (names or {}),
        "ExpressionAttributeValues": {
            f"{name}.$" if isinstance(value, str) else name: value
            for name, value in (bound | values).items()
        },
    }


def get_item(
    resources: WorkflowResources, table: str, key: Attribute, path: str, *, result_path: str
) -> State:
    """Return a task with a strongly consistent read of the row whose key is at `path`."""
    parameters = {"TableName": table, "Key": {key: text(path)}, "ConsistentRead": True}
    return {
        **service_task(resources, "dynamodb:getItem", parameters, result_path=result_path),
        "Catch": [park(), catch_all()],
    }


def ledger_task(resources: WorkflowResources, update: State, then: State) -> State:
    """Return a task with a fenced write; `then` has its `Next` or `End`.

    An execution that lost to a newer attempt ends in FencedOff, which is not a failure.
    """
    return {
        **service_task(resources, "dynamodb:updateItem", update),
        "Catch": [catch([CONDITION_FAILED], "FencedOff"), park(), catch_all()],
        **then,
    }


def service_task(
    resources: WorkflowResources,
    action: str,
    parameters: State,
    *,
    result_path: str = "$.last_write",
    is_last_chance: bool = False,
) -> State:
    """Return a task that calls an AWS service.

    A task whose error only the sweeper can repair, minutes later, has its last chance: it is tried
    for longer. The response of a write is kept although no state reads it: discarding it requires a
    null ResultPath, which a template cannot hold.
    """
    limits = resources.retry_limits
    return {
        "Type": "Task",
        "Resource": integration(resources, action),
        "Parameters": parameters,
        "ResultPath": result_path,
        "TimeoutSeconds": SERVICE_TIMEOUT_S,
        "Retry": service_retries(limits.last_writes if is_last_chance else limits.writes),
    }


def integration(resources: WorkflowResources, action: str) -> str:
    """Return the ARN of a service integration, such as `dynamodb:getItem`."""
    return f"arn:{resources.partition}:states:::{action}"


def catch(errors: list[str], next_state: str, *, result_path: str = "$.error") -> State:
    """Return a catcher that leads these errors to a state, with the error at `result_path`."""
    return {"ErrorEquals": errors, "ResultPath": result_path, "Next": next_state}


def park(errors: tuple[str, ...] = SERVICE_ERRORS) -> State:
    """Return the catcher of errors that pass with time: the photo waits for the drain."""
    return catch(list(errors), "Park")


def leave_to_sweeper() -> State:
    """Return the catcher of such errors where parking cannot be recorded, or is not needed."""
    return catch(list(SERVICE_ERRORS), "LeftToSweeper")


def catch_all() -> State:
    """Return the catcher of all other errors: the failure is recorded and an operator notified."""
    return catch(["States.ALL"], "RecordFailure")


def decision_attributes() -> State:
    """Return the attributes that every classified photo has in the ledger, with any outcome."""
    return {
        PhotoAttribute.CLASSIFICATION: "$.decision.classification",
        PhotoAttribute.QUALITY: "$.decision.quality",
        PhotoAttribute.MODEL_VERSION: text("$.decision.model_version"),
        PhotoAttribute.ORDER_ID: text("$.serialized.order_id"),
        PhotoAttribute.REVIEW: text("$.decision.review"),
        PhotoAttribute.REVIEW_REASON: text("$.decision.review_reason"),
        PhotoAttribute.KEPT_UNTIL: KEPT_UNTIL,
    }
