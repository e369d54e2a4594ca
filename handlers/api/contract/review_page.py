"""Operations of the review page: its files, without a token."""

from typing import Annotated

from msgspec import Meta

from handlers.api.operations import Operation

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
        path_parameters={"asset": Annotated[str, Meta(min_length=1, max_length=40)]},
        media_type="*/*",
    ),
)
