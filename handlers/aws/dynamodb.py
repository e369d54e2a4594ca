"""Calls of DynamoDB whose refusals mean something: a condition that does not hold is an answer."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import LedgerUnavailable

Answer = TypeVar("Answer")

# A condition did not hold, or another write about the same item was under way.
_LOST = {
    "ConditionalCheckFailedException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


def succeeds(write: Callable[[], object]) -> bool:
    """Whether the write was made; False where its condition does not hold.

    Raises: LedgerUnavailable.
    """
    with _translated():
        try:
            write()
        except ClientError as error:
            if _code(error) not in _LOST:
                raise
            return False
    return True


def answer_of(read: Callable[[], Answer]) -> Answer:
    """What was read. Raises: LedgerUnavailable."""
    with _translated():
        return read()


def answers_of(reads: Iterable[Answer]) -> Iterator[Answer]:
    """The same, one by one. Raises: LedgerUnavailable."""
    with _translated():
        yield from reads


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise LedgerUnavailable(f"DynamoDB answered {_code(error)}") from error
    except BotoCoreError as error:
        raise LedgerUnavailable(str(error)) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
