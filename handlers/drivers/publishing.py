"""The API document, for whoever writes an app."""

from functools import cache

from handlers.api.document import api_document
from handlers.api.door import Call
from handlers.api.shapes import JsonSchema
from handlers.api_catalogue import EVERY_OPERATION
from handlers.drivers.parts import door, settings


@door.answers("get_api_document")
def get_api_document(_call: Call[None]) -> JsonSchema:
    """The same for everybody."""
    return _document(settings().sign_in_url)


@cache
def _document(sign_in_url: str) -> JsonSchema:
    return api_document(EVERY_OPERATION, sign_in_url=sign_in_url)
