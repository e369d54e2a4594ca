"""Idempotency of POST: the same Idempotency-Key gives the same response while it is remembered."""

import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from handlers.api.operations import Operation
from handlers.api.problems import (
    IDEMPOTENCY_KEY_NEEDED,
    IDEMPOTENCY_KEY_REUSED,
    REQUEST_IN_PROGRESS,
    UNAVAILABLE,
    Problem,
)
from handlers.aws.clients import client
from handlers.settings import DoorSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

Json = dict[str, Any]  # JSON, as it is stored

_KEY = re.compile(r"[ -~]{1,64}")
_READ_TIMEOUT_S = 3


def idempotency_key(headers: Mapping[str, str]) -> str:
    """Read the header `Idempotency-Key`.

    Raises: Problem.
    """
    key = headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise Problem(
            IDEMPOTENCY_KEY_NEEDED,
            "Send the header Idempotency-Key: 1 to 64 printable ASCII characters, new for every "
            "call, the same when you repeat a call whose response you missed.",
        )
    return key


def run_idempotent(
    operation: Operation,
    request: Json,
    run: Callable[[], Json],
    context: "LambdaContext",
) -> Json:
    """Return the remembered response of this request, or run it and remember the response.

    `request` holds `who` (caller and key: the same make it the same request) and `what` (path and
    body: if they differ from the first time, the key was reused). Only responses are remembered:
    after a problem the same key may be used again.

    Raises: Problem.
    """
    config = IdempotencyConfig(
        event_key_jmespath="who",
        payload_validation_jmespath="what",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=operation.remembered_s,
        hash_function="sha256",
        lambda_context=context,
    )

    def respond(*, request: Json) -> Json:  # noqa: ARG001 # read by the decorator
        return run()

    remembered = idempotent_function(
        respond,
        data_keyword_argument="request",
        persistence_store=_layer(operation.name),
        config=config,
        key_prefix=operation.name,
    )
    try:
        response: Json = remembered(request=request)
    except IdempotencyValidationError as error:
        raise Problem(
            IDEMPOTENCY_KEY_REUSED, "Use a new Idempotency-Key for every new request."
        ) from error
    except IdempotencyAlreadyInProgressError as error:
        raise Problem(
            REQUEST_IN_PROGRESS, "Repeat the call with the same key in a second or two."
        ) from error
    except (IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError) as error:
        raise Problem(UNAVAILABLE, "Please repeat the call with the same key.") from error
    return response


@cache
def _table() -> "tuple[DynamoDBClient, str]":
    settings = DoorSettings.from_env(os.environ)
    return client("dynamodb", read_timeout_s=_READ_TIMEOUT_S), settings.requests_table


@cache
def _layer(_operation: str) -> DynamoDBPersistenceLayer:
    # One for each operation: a layer takes only the first configuration that it is given.
    dynamodb, name = _table()
    return DynamoDBPersistenceLayer(table_name=name, boto3_client=dynamodb)
