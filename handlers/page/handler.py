"""Page: GET /review and the files that it names. Needs nothing but the standard library."""

import os
from functools import cache
from typing import Any

from handlers.page.assets import INDEX, read_assets
from handlers.page.responses import Response, config_response, file_response, not_found
from handlers.settings import PageSettings

CONFIG = "config.json"
_assets = cache(read_assets)


@cache
def _settings() -> PageSettings:
    return PageSettings.from_env(os.environ)


def lambda_handler(event: dict[str, Any], _context: object) -> Response:
    """An HTTP API request (payload 2.0) → the page, one of its files, or its settings."""
    settings = _settings()
    named = (event.get("pathParameters") or {}).get("asset")
    if named == CONFIG:
        return config_response(settings.to_wire())
    asset = _assets().get(INDEX if named is None else named)
    if asset is None or named == INDEX:  # its addresses are relative to /review
        return not_found()
    return file_response(asset, event.get("headers") or {}, connects_to=settings.connects_to)
