"""The emulated Step Functions behave like AWS's where the workflow and its tests depend on it."""

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.emulator.conftest import Emulated, Json, finished, machine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

pytestmark = pytest.mark.e2e


def test_a_state_larger_than_256_kib_ends_the_execution(emulated: Emulated) -> None:
    half = "x" * 140_000
    states: Json = {"Type": "Pass", "Parameters": {"a.$": "$.t", "b.$": "$.t"}, "End": True}
    ended = emulated.execute(machine(A=states), {"t": half})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_escapes_do_not_count_towards_the_limit(emulated: Emulated) -> None:
    ended = emulated.execute(machine(A={"Type": "Pass", "End": True}), {"t": "é" * 100_000})
    assert ended["status"] == "SUCCEEDED"


def test_retries_do_not_exceed_the_longest_delay(emulated: Emulated) -> None:
    retry = {
        "ErrorEquals": ["Lambda.ResourceNotFoundException"],
        "IntervalSeconds": 30,
        "MaxDelaySeconds": 1,
        "MaxAttempts": 2,
        "JitterStrategy": "FULL",
    }
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "absent", "Payload": {}},
        "Retry": [retry],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
        "End": True,
    }
    fail = {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
    ended = emulated.execute(machine(A=task, Failed=fail), wait_s=10)
    assert ended["error"] == "Lambda.ResourceNotFoundException"


def test_starting_a_running_execution_again_returns_it(emulated: Emulated) -> None:
    machines: SFNClient = emulated.session.client("stepfunctions")
    definition = json.dumps(machine(A={"Type": "Wait", "Seconds": 1, "End": True}))
    arn = machines.create_state_machine(name="twice", definition=definition, roleArn="arn:x")[
        "stateMachineArn"
    ]
    first = machines.start_execution(stateMachineArn=arn, name="n", input="{}")
    again = machines.start_execution(stateMachineArn=arn, name="n", input="{}")
    assert again["executionArn"] == first["executionArn"]
    with pytest.raises(machines.exceptions.ExecutionAlreadyExists):
        machines.start_execution(stateMachineArn=arn, name="n", input='{"other": 1}')
    finished(machines, first["executionArn"])
    with pytest.raises(machines.exceptions.ExecutionAlreadyExists):
        machines.start_execution(stateMachineArn=arn, name="n", input="{}")


def test_an_update_item_task_honours_its_condition(emulated: Emulated) -> None:
    table = _table(emulated, "photos")
    claim = _dynamodb(
        "updateItem",
        table,
        UpdateExpression="SET #s = :received, attempt = if_not_exists(attempt, :zero) REMOVE gone",
        ConditionExpression="attribute_not_exists(photo_id) OR execution = :me",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={
            ":received": {"S": "received"},
            ":zero": {"N": "0"},
            ":me": {"S": "e1"},
        },
        ReturnValues="ALL_NEW",
    )
    lost = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Lost"}
    definition = machine(A={**claim, "Catch": [lost]}, Lost={"Type": "Pass", "End": True})
    first, second = emulated.execute(definition), emulated.execute(definition)
    assert first["output"]["Attributes"]["attempt"] == {"N": "0"}
    assert second["output"]["Error"] == "DynamoDB.ConditionalCheckFailedException"


def test_a_cancelled_transaction_has_the_sdk_name_and_can_be_read_back(emulated: Emulated) -> None:
    table = _table(emulated, "assignments")
    item = {
        "Put": {
            "TableName": table,
            "Item": {"photo_id": {"S": "p"}},
            "ConditionExpression": "attribute_not_exists(photo_id)",
        }
    }
    write = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems",
        "Parameters": {"TransactItems": [item]},
        "Catch": [{"ErrorEquals": ["DynamoDb.TransactionCanceledException"], "Next": "Read"}],
        "End": True,
    }
    read = _dynamodb("getItem", table, ConsistentRead=True)
    definition = machine(Write=write, Read=read)
    assert "Item" not in emulated.execute(definition)["output"]
    assert emulated.execute(definition)["output"]["Item"] == {"photo_id": {"S": "p"}}


def test_an_object_as_message_body_is_sent_as_json(emulated: Emulated) -> None:
    queues: SQSClient = emulated.session.client("sqs")
    url = queues.create_queue(QueueName="review")["QueueUrl"]
    emulated.execute(
        machine(
            A={
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": url, "MessageBody": {"key.$": "$.key"}},
                "End": True,
            }
        ),
        {"key": "ü"},
    )
    [message] = queues.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"key": "ü"}


def _table(emulated: Emulated, name: str) -> str:
    tables: DynamoDBClient = emulated.session.client("dynamodb")
    tables.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "photo_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "photo_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def _dynamodb(operation: str, table: str, **parameters: object) -> Json:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::dynamodb:{operation}",
        "Parameters": {"TableName": table, "Key": {"photo_id": {"S": "p"}}, **parameters},
        "End": True,
    }
