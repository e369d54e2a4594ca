"""Answers as API Gateway wants them, and what a browser may do with them.

Photos and their names come from strangers: the policy leaves no way to run anything of theirs, to
frame the page, or to send what it knows elsewhere.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from handlers.page.assets import Asset

Answer = dict[str, Any]  # Any: API Gateway's JSON


def file_answer(asset: Asset, asked: Mapping[str, str], *, connects_to: Iterable[str]) -> Answer:
    """The file, or 304 where the browser has it; `asked` are the request's headers."""
    headers = {
        **safety(connects_to),
        # Asked for every time and seldom sent: after a deployment no page mixes two versions.
        "cache-control": "no-cache",
        "etag": asset.etag,
        "vary": "accept-encoding",
    }
    if asset.etag in asked.get("if-none-match", ""):
        return {"statusCode": 304, "headers": headers}
    headers["content-type"] = asset.media_type
    if "gzip" in asked.get("accept-encoding", ""):
        body = base64.b64encode(asset.compressed).decode()
        headers["content-encoding"] = "gzip"
        return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
    return {"statusCode": 200, "headers": headers, "body": asset.text}


def config_answer(config: Mapping[str, str | None]) -> Answer:
    """The page's settings."""
    headers = {**safety(()), "cache-control": "no-store", "content-type": "application/json"}
    return {"statusCode": 200, "headers": headers, "body": json.dumps(config)}


def not_found() -> Answer:
    """There is no such file, and no more is said."""
    headers = {**safety(()), "cache-control": "no-store"}
    headers["content-type"] = "application/problem+json"
    problem = {
        "type": "about:blank",
        "title": "No such file",
        "status": 404,
        "code": "not_found",
        "detail": "The page is at /review.",
    }
    return {"statusCode": 404, "headers": headers, "body": json.dumps(problem)}


def safety(connects_to: Iterable[str]) -> dict[str, str]:
    """Headers of every answer."""
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
