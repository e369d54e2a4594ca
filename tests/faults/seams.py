"""The seams at which faults are injected: every call of an AWS service, and of a function.

A call is known by its actor, which is the part of the system that makes it, and by its operation.
Product code has no part in this: botocore's own method is wrapped.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

MACHINE = "machine"
"""The actor of calls in moto's threads, outside functions."""

Call = Callable[[], Any]  # Any: as the service answers
Effect = Callable[[Call], Any]
_actor: ContextVar[str] = ContextVar("actor", default="")


class Crashed(BaseException):
    """The process ends here, as on an exhausted memory: no handler of errors runs."""


class FunctionEnded(Exception):
    """Lambda ends the function with an error of its own, such as `Sandbox.Timedout`."""


@dataclass(slots=True, kw_only=True)
class CallFault:
    """What happens to some calls: from the n-th that matches (from 0), so many times."""

    actors: frozenset[str]
    operations: frozenset[str]  # empty: all
    effect: Effect
    nth: int = 0
    times: int = 1
    fired: int = 0

    def take(self, actor: str, operation: str) -> bool:
        """Whether this call meets the fault; calls are counted."""
        if actor not in self.actors or (self.operations and operation not in self.operations):
            return False
        if self.nth:
            self.nth -= 1
            return False
        if self.fired >= self.times:
            return False
        self.fired += 1
        return True


@dataclass(slots=True)
class Seams:
    """The faults in force. Threads of a pool act for `pool_actor`."""

    faults: list[CallFault] = field(default_factory=list)
    pool_actor: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, actor: str, operation: str, real: Call) -> Any:
        """Make a call, or what the first matching fault makes of it."""
        with self._lock:
            effect = next(
                (fault.effect for fault in self.faults if fault.take(actor, operation)), None
            )
        return real() if effect is None else effect(real)

    @contextmanager
    def acting(self, actor: str) -> Iterator[None]:
        """Make this block's calls those of an actor."""
        token, before = _actor.set(actor), self.pool_actor
        self.pool_actor = actor
        try:
            yield
        finally:
            _actor.reset(token)
            self.pool_actor = before

    @contextmanager
    def in_function(self, function: str) -> Iterator[None]:
        """Make this thread's calls those of a function that the state machine calls."""
        token = _actor.set(function)
        try:
            yield
        finally:
            _actor.reset(token)

    def actor(self) -> str:
        """Return the actor of the current thread."""
        named = _actor.get()
        if named or threading.current_thread() is threading.main_thread():
            return named
        is_of_pool = threading.current_thread().name.startswith("ThreadPoolExecutor")
        return self.pool_actor if is_of_pool else MACHINE


def install(seams: Seams, monkeypatch: pytest.MonkeyPatch, endpoint: Callable[[str], Any]) -> None:
    """Lead every call of every client through the seams; `endpoint` answers for SageMaker.

    Calls of DynamoDB come one after the other, so that they are atomic as on AWS: moto checks a
    condition and writes without a lock, and a transaction that fails puts back whole tables.
    """
    real_call: Any = vars(BaseClient)["_make_api_call"]  # not in its stubs
    ledger_lock = threading.Lock()

    def make_api_call(client: BaseClient, operation: str, parameters: Any) -> Any:
        def real() -> Any:
            if operation == "InvokeEndpoint":
                return endpoint(parameters["InferenceId"])
            if client.meta.service_model.service_name == "dynamodb":
                with ledger_lock:
                    return real_call(client, operation, parameters)
            return real_call(client, operation, parameters)

        if operation == "ReceiveMessage":
            parameters = {**parameters, "WaitTimeSeconds": 0}  # moto waits in real time
        try:
            return seams.call(seams.actor(), operation, real)
        except ClientError as error:
            if type(error) is not ClientError:
                raise
            # As the client would have raised it.
            code = error.response["Error"]["Code"]
            named: Any = client.exceptions.from_code(code)  # a class, not an instance as in stubs
            raise named(error.response, operation) from error

    monkeypatch.setattr(BaseClient, "_make_api_call", make_api_call)


def service_error(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "injected"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "injected"},
    }
    return ClientError(response, "injected")


def refused(error: Exception | None = None) -> Effect:
    """The call does not reach the service; by default its address does not answer."""

    def effect(_real: Call) -> Any:
        raise error or EndpointConnectionError(endpoint_url="https://injected.example.com")

    return effect


def reply_lost(real: Call) -> Any:
    """The service does what was asked, and its reply is lost."""
    real()
    raise ReadTimeoutError(endpoint_url="https://injected.example.com")


def crash_before(_real: Call) -> Any:
    raise Crashed


def crash_after(real: Call) -> Any:
    real()
    raise Crashed


def meanwhile(act: Callable[[], object]) -> Effect:
    """Something else happens just before the call."""

    def effect(real: Call) -> Any:
        act()
        return real()

    return effect
