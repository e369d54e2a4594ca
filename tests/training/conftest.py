"""The serving application, called without sockets."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from training.serving.app import create_app

SHIPPED = Path(__file__).parents[2] / "training" / "shipped"

Body = bytes | AsyncIterator[bytes]
ManifestEdit = Callable[[dict[str, Any]], None]  # Any: JSON values


async def ask(
    app: Starlette, method: str, path: str, content: Body = b"", **headers: str
) -> httpx.Response:
    """Send one request to an ASGI application in this process."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://model") as client:
        return await client.request(method, path, content=content, headers=headers)


class Server:
    """An application that handles one request at a time."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def classify(self, body: Body, **headers: str) -> httpx.Response:
        """Send POST /invocations."""
        return asyncio.run(ask(self._app, "POST", "/invocations", body, **headers))

    def request(self, method: str, path: str) -> httpx.Response:
        """Send a request without a body."""
        return asyncio.run(ask(self._app, method, path))


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The folder of the model that is shipped."""
    return SHIPPED


@pytest.fixture(scope="session")
def server(shipped: Path) -> Server:
    """The shipped model, served; the application keeps no state between requests."""
    return Server(create_app(shipped))


@pytest.fixture
def model_with(tmp_path: Path, shipped: Path) -> Callable[[ManifestEdit], Path]:
    """A function that copies the shipped model and edits the manifest."""

    def make(edit: ManifestEdit) -> Path:
        folder = tmp_path / "model"
        shutil.copytree(shipped, folder)
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        edit(manifest)
        path.write_text(json.dumps(manifest), encoding="utf-8")
        return folder

    return make
