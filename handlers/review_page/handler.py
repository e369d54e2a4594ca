"""Page: GET /review and the files that it names. Uses only the standard library."""

import os
from functools import cache
from typing import Any

from handlers.review_page.assets import INDEX, read_assets
from handlers.review_page.responses import Response, config_response, file_response, not_found
from handlers.settings import PageSettings

CONFIG = "config.json"
_assets = cache(read_assets)


@cache
def _settings() -> PageSettings:
    return PageSettings.from_env(os.environ)


def lambda_handler(event: dict[str, Any], _context: object) -> Response:
    """Return the page, one of its files, or its settings (the gateway's payload 2.0)."""
    settings = _settings()
    requested = (event.get("pathParameters") or {}).get("asset")
    if requested == CONFIG:
        return config_response(settings.to_wire())
    asset = _assets().get(INDEX if requested is None else requested)
    if asset is None or requested == INDEX:  # its links are relative to /review
        return not_found()
    return file_response(asset, event.get("headers") or {}, connects_to=settings.connects_to)
