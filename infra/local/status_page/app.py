"""The page's routes. Every response is small: one page of photos, one photo, one picture."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.status_page.cards import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from starlette.requests import Request

log = logging.getLogger(__name__)

STATIC = Path(__file__).with_name("static")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_TYPES |= {".svg": "image/svg+xml"}
_PHOTO_ID = re.compile(r"[0-9a-f]{64}")
_MAX_CURSOR_LENGTH = 128
_CACHED = "private, max-age=86400, immutable"  # a photo's bytes never change under its id


class Reader(Protocol):
    """The methods of `StageReader` that the page calls."""

    def overview(self, *, state: str, before: str) -> Mapping[str, Any]:  # Any: JSON
        """Return counts, queues and one page of photos."""

    def story(self, photo_id: str) -> Mapping[str, Any] | None:
        """Return everything about one photo; None if it is unknown."""

    def thumbnail(self, photo_id: str) -> bytes | None:
        """Return a small JPEG of a photo; None if it cannot be shown."""


def page_app(stage: Reader) -> Starlette:
    """Return the application, to be wrapped in `LoopbackGuard`."""
    page = _Page(stage)
    return Starlette(
        routes=[
            Route("/", page.list_page),
            Route("/photos/{photo_id}", page.story_page),
            Route("/static/{name}", page.static),
            Route("/api/overview", page.overview),
            Route("/api/photos/{photo_id}", page.story),
            Route("/thumbnails/{photo_id}", page.thumbnail),
            Route("/health", page.health),
        ],
        exception_handlers={BotoCoreError: _stage_stopped, ClientError: _stage_refuses},
    )


class _Page:
    """Plain functions: Starlette runs them in threads, since boto3's calls block."""

    def __init__(self, stage: Reader) -> None:
        self._stage = stage
        self._files = {path.name: path.read_bytes() for path in STATIC.iterdir()}

    def list_page(self, _request: Request) -> Response:
        return self._file("index.html")

    def story_page(self, request: Request) -> Response:
        _photo_id(request)
        return self._file("story.html")

    def static(self, request: Request) -> Response:
        return self._file(request.path_params["name"])

    def overview(self, request: Request) -> Response:
        state = request.query_params.get("state", "")
        before = request.query_params.get("before", "")
        if state not in {"", *STATES} or len(before) > _MAX_CURSOR_LENGTH:
            raise HTTPException(400)
        return JSONResponse(self._stage.overview(state=state, before=before))

    def story(self, request: Request) -> Response:
        story = self._stage.story(_photo_id(request))
        if story is None:
            return JSONResponse({"error": "unknown_photo"}, status_code=404)
        return JSONResponse(story)

    def thumbnail(self, request: Request) -> Response:
        picture = self._stage.thumbnail(_photo_id(request))
        if picture is None:
            return self._file("no-picture.svg")
        return Response(picture, media_type="image/jpeg", headers={"Cache-Control": _CACHED})

    def health(self, _request: Request) -> Response:
        return Response("ok\n", media_type="text/plain")

    def _file(self, name: str) -> Response:
        if name not in self._files:
            raise HTTPException(404)
        return Response(self._files[name], media_type=_TYPES[Path(name).suffix])


def _photo_id(request: Request) -> str:
    photo_id: str = request.path_params["photo_id"]
    if not _PHOTO_ID.fullmatch(photo_id):
        raise HTTPException(404)
    return photo_id


async def _stage_stopped(_request: Request, error: Exception) -> Response:
    """The emulator does not respond."""
    log.warning("stage_stopped error=%s", type(error).__name__)
    return JSONResponse({"error": "stage_stopped"}, status_code=503)


async def _stage_refuses(_request: Request, error: Exception) -> Response:
    """The stage refuses a request, as it does while it is removed."""
    log.warning("stage_refuses error=%s", error)
    return JSONResponse({"error": "stage_refuses"}, status_code=502)
