"""Responses in API Gateway's form, with headers that limit what a browser may do with them.

Photos and their names are untrusted: the policy allows no script but the page's own, no framing of
the page, and no connection to other origins.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from handlers.review_page.assets import StaticFile

Response = dict[str, Any]  # Any: API Gateway's JSON


def file_response(
    asset: StaticFile, request: Mapping[str, str], *, connects_to: Iterable[str]
) -> Response:
    """Return the file, or 304 if the browser has it; `request` holds the request's headers."""
    headers = {
        **security_headers(connects_to),
        # Always revalidated, so that after a deployment no page mixes files of two versions.
        "cache-control": "no-cache",
        "etag": asset.etag,
        "vary": "accept-encoding",
    }
    if asset.etag in request.get("if-none-match", ""):
        return {"statusCode": 304, "headers": headers}
    headers["content-type"] = asset.media_type
    if "gzip" in request.get("accept-encoding", ""):
        body = base64.b64encode(asset.compressed).decode()
        headers["content-encoding"] = "gzip"
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
    return {"statusCode": 200, "headers": headers, "body": asset.text}


def config_response(config: Mapping[str, str | None]) -> Response:
    """Return the page's settings."""
    headers = {
        **security_headers(()),
        "cache-control": "no-store",
        "content-type": "application/json",
    }
    return {"statusCode": 200, "headers": headers, "body": json.dumps(config)}


def not_found() -> Response:
    """Return 404 as a problem document."""
    headers = {**security_headers(()), "cache-control": "no-store"}
    headers["content-type"] = "application/problem+json"
    problem = {
        "type": "about:blank",
        "title": "This file does not exist.",
        "status": 404,
        "code": "not_found",
        "detail": "The page is at /review.",
    }
    return {"statusCode": 404, "headers": headers, "body": json.dumps(problem)}


def security_headers(connects_to: Iterable[str]) -> dict[str, str]:
    """Return the headers of every response."""
    directives = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        " ".join(("connect-src 'self'", *connects_to)),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
    return {
        "content-security-policy": "; ".join(directives),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "strict-transport-security": "max-age=63072000",
    }
