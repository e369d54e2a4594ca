"""boto3 sessions that reach the local stage and nothing else, whatever the environment says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from infra.local.stage.process_specs import CREDENTIALS, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=32,
    proxies={},  # a proxy of the user's would be asked for 127.0.0.1
    inject_host_prefix=False,  # there is no sync-states.127.0.0.1
)
_NO_FILES = (None, None, os.devnull, None)


class StageSession(boto3.Session):
    """A session whose clients have the stage's addresses; everything else is boto3's."""

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
        """A client of the stage."""
        url = self._urls.get(service_name, self._default_url)
        return super().client(
            service_name,  # type: ignore[call-overload] # any service, not one of the literals
            *args,
            **{"endpoint_url": url, "config": _CONFIG, **options},
        )
