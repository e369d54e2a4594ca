"""boto3 sessions that reach only the local stage, whatever the environment holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from infra.local.account import CREDENTIALS, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=32,
    proxies={},  # the user's proxy cannot reach this machine's loopback
    inject_host_prefix=False,  # the host sync-states.127.0.0.1 does not exist
)
_NO_FILES = (None, None, os.devnull, None)


class StageSession(boto3.Session):
    """A session whose clients have the stage's addresses.

    `endpoint_urls` maps a service's name to its address; other services are at `default_url`.
    """

    def __init__(self, endpoint_urls: Mapping[str, str], default_url: str) -> None:
        core = botocore.session.Session(
            session_vars={
                "config_file": _NO_FILES,
                "credentials_file": _NO_FILES,
                "profile": (None, None, None, None),
            }
        )
        super().__init__(
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
            botocore_session=core,
        )
        self._urls = endpoint_urls
        self._default_url = default_url

    # Any: boto3's own signature has an overload for every service, and the stubs keep those.
    def client(self, service_name: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401 # above
        """Return a client of the stage; `options` are boto3's and override the defaults."""
        url = self._urls.get(service_name, self._default_url)
        return super().client(
            service_name,  # type: ignore[call-overload] # any service, not one of the literals
            *args,
            **{"endpoint_url": url, "config": _CONFIG, **options},
        )
