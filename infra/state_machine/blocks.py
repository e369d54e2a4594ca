"""What the states are built of: paths, fenced writes, retries and catches."""

from typing import Any

from handlers.domain.ledger.schema import Attribute, PhotoAttribute

State = dict[str, Any]  # Amazon States Language is JSON: Any is a JSON value

SERVICE_TIMEOUT_S = 15

ALREADY_DONE = "DynamoDB.ConditionalCheckFailedException"

PHOTO = "$.photo"
EXECUTION = "$$.Execution.Id"
NOW = "$$.State.EnteredTime"

ATTEMPT = "States.Format('{}', $.request.attempt)"

TRANSIENT_SERVICE_ERRORS = (
    "DynamoDB.InternalServerErrorException",
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceededException",
    "DynamoDB.SdkClientException",
    "DynamoDB.ThrottlingException",
    "DynamoDb.InternalServerErrorException",
    "DynamoDb.ProvisionedThroughputExceededException",
    "DynamoDb.RequestLimitExceededException",
    "DynamoDb.SdkClientException",
    "DynamoDb.ThrottlingException",
    "DynamoDb.TransactionInProgressException",
    "SQS.SdkClientException",
    "SQS.SqsException",
    "States.Timeout",
)


def text(path: str) -> State:
    """A string attribute read from a path."""
    return {"S.$": path}


def update_fenced(table: str, *, status: str, sets: State) -> State:
    """A status write that only this attempt can make, and may make twice."""
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
    sets_once: State | None = None,
    removes: str = "",
    names: State | None = None,
) -> State:
    """UpdateItem on a photo's row; values are attribute values, or a path to one."""
    once = sets_once or {}
    assignments = [f"#{name} = :{name}" for name in sets]
    assignments += [f"#{name} = if_not_exists(#{name}, :{name})" for name in once]
    expression = "SET " + ", ".join(assignments) + (f" REMOVE {removes}" if removes else "")
    bound = {f":{name}": value for name, value in {**sets, **once}.items()}
    return {
        "TableName": table,
        "Key": {PhotoAttribute.PHOTO_ID: text(f"{PHOTO}.photo_id")},
        "UpdateExpression": expression,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in {**sets, **once}} | (names or {}),
        "ExpressionAttributeValues": {
            f"{name}.$" if isinstance(value, str) else name: value
            for name, value in (bound | values).items()
        },
    }


def get_item(table: str, key: Attribute, path: str, *, result_path: str) -> State:
    """A consistent read of one row."""
    parameters = {"TableName": table, "Key": {key: text(path)}, "ConsistentRead": True}
    return {
        **service_task("dynamodb:getItem", parameters, result_path=result_path),
        "Catch": [catch_all()],
    }


def ledger_task(update: State, then: State) -> State:
    """A fenced write: losing to a newer attempt is a quiet end, not a failure."""
    return {
        **service_task("dynamodb:updateItem", update),
        "Catch": [catch([ALREADY_DONE], "FencedOff"), catch_all()],
        **then,
    }


def service_task(action: str, parameters: State, *, result_path: str = "$.last_write") -> State:
    """A call of an AWS service.

    What a write answers is kept, though nobody reads it: to discard it takes a null ResultPath,
    and CDK drops nulls from JSON, which would discard the state instead.
    """
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{action}",
        "Parameters": parameters,
        "ResultPath": result_path,
        "TimeoutSeconds": SERVICE_TIMEOUT_S,
        "Retry": [retry(TRANSIENT_SERVICE_ERRORS, attempts=5)],
    }


def retry(errors: list[str] | tuple[str, ...], *, attempts: int) -> State:
    """Exponential, with full jitter."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }


def catch(errors: list[str], following: str, *, result_path: str = "$.error") -> State:
    """Where these errors lead."""
    return {"ErrorEquals": errors, "ResultPath": result_path, "Next": following}


def catch_all() -> State:
    """Anything else is a failure, recorded and told to an operator."""
    return catch(["States.ALL"], "RecordFailure")


def facts() -> State:
    """What every classified photo keeps in the ledger, whatever became of it."""
    return {
        PhotoAttribute.CLASSIFICATION: "$.decision.classification",
        PhotoAttribute.QUALITY: "$.decision.quality",
        PhotoAttribute.MODEL_VERSION: text("$.decision.model_version"),
        PhotoAttribute.ORDER_ID: text("$.serialized.order_id"),
        PhotoAttribute.REVIEW: text("$.decision.review"),
        PhotoAttribute.REVIEW_REASON: text("$.decision.review_reason"),
    }
