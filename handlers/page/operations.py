"""The page's addresses, for the gateway's routes and the API document."""

from typing import Annotated

from handlers.api.operations import Operation
from handlers.api.shapes import Text

OPERATIONS = (
    Operation(
        name="review_page",
        method="GET",
        path="/review",
        summary="The reviewers' page.",
        scope=None,
        media_type="text/html",
    ),
    Operation(
        name="review_asset",
        method="GET",
        path="/review/{asset}",
        summary="A file of the reviewers' page, or its settings (config.json).",
        scope=None,
        path_parameters={"asset": Annotated[str, Text(max_length=40)]},
        media_type="*/*",
    ),
)
