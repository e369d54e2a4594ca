"""A boto3 session for commands that read a function's settings from Lambda."""

from types import SimpleNamespace
from typing import Any, cast

import boto3


class Session:
    """boto3's session, with a Lambda client that has the settings of one function."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def client(self, service: str) -> Any:
        if service != "lambda":
            return boto3.client(cast("Any", service))
        settings = {"Environment": {"Variables": self._environment}}
        return SimpleNamespace(get_function_configuration=lambda **_: settings)
