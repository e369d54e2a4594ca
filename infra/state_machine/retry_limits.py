"""How long an execution waits for capacity before its photo is parked.

Errors are of two kinds here. A refusal costs nothing and comes at once: a throttle, or a busy
endpoint. It is tried often and quickly, which keeps the capacity that there is in use. An outage is
slow, or lasts: it is tried a few times only, since each try may take as long as the task's
time-out. With any other error the photo fails.
"""

from dataclasses import dataclass
from typing import Any

from handlers.domain.errors import OUTAGE_ERRORS, PARKING_ERRORS, REFUSAL_ERRORS

Retrier = dict[str, Any]  # Amazon States Language is JSON: Any is a JSON value

MAX_DELAY_S = 10  # a longer one leaves freed capacity idle at the end of a burst
_LEDGER_MAX_DELAY_S = 30

LAMBDA_REFUSALS = ("Lambda.TooManyRequestsException", *REFUSAL_ERRORS)
LAMBDA_OUTAGES = (
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.Unknown",  # a time-out of the function, or out of memory
    "Sandbox.Timedout",  # a time-out of the function
    *OUTAGE_ERRORS,
    "States.Timeout",
)
# `DynamoDB.` and `SQS.` are names of optimized integrations, `DynamoDb.` of SDK integrations.
SERVICE_ERRORS = (
    "DynamoDB.AmazonDynamoDBException",
    "DynamoDB.InternalServerErrorException",
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceededException",
    "DynamoDB.SdkClientException",
    "DynamoDB.ThrottlingException",
    "DynamoDb.DynamoDbException",
    "DynamoDb.InternalServerErrorException",
    "DynamoDb.ProvisionedThroughputExceededException",
    "DynamoDb.RequestLimitExceededException",
    "DynamoDb.SdkClientException",
    "DynamoDb.ThrottlingException",
    "DynamoDb.TransactionInProgressException",
    "SQS.AmazonSQSException",
    "SQS.SdkClientException",
    "States.Timeout",
)
FUNCTION_ERRORS = (*LAMBDA_REFUSALS, *LAMBDA_OUTAGES, *PARKING_ERRORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLimits:
    """The limits of one execution of a type of state machine: tries after the first."""

    machine_s: int  # the limit of the whole execution
    first_refusals: int  # of the first function, when it is refused
    later_refusals: int  # of the others: parking would waste the work that is done
    outages: int  # of a function that is slow or down
    writes: int  # of a call of DynamoDB or SQS
    last_writes: int  # the same for Claim and Park, whose failure the sweeper must repair


STANDARD = RetryLimits(
    machine_s=900, first_refusals=12, later_refusals=24, outages=3, writes=6, last_writes=10
)
# Express machines end after five minutes; their photos are parked within three.
EXPRESS = RetryLimits(
    machine_s=300, first_refusals=6, later_refusals=9, outages=1, writes=4, last_writes=5
)


def function_retries(limits: RetryLimits, *, is_first: bool) -> list[Retrier]:
    """Return the retriers of a task that calls a function."""
    refusals = limits.first_refusals if is_first else limits.later_refusals
    return [
        retrier(LAMBDA_REFUSALS, attempts=refusals, max_delay_s=MAX_DELAY_S),
        retrier(LAMBDA_OUTAGES, attempts=limits.outages, max_delay_s=MAX_DELAY_S),
    ]


def service_retries(attempts: int) -> list[Retrier]:
    """Return the retriers of a task that calls DynamoDB or SQS."""
    return [retrier(SERVICE_ERRORS, attempts=attempts, max_delay_s=_LEDGER_MAX_DELAY_S)]


def retrier(errors: tuple[str, ...], *, attempts: int, max_delay_s: int) -> Retrier:
    """Return a retrier with exponential backoff from 1 s and full jitter."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        "MaxDelaySeconds": max_delay_s,
        "JitterStrategy": "FULL",
    }
