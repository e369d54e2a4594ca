"""The model's container, with a switch: while the model's folder holds a file `DOWN`, it fails."""

from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from training.serving.app import create_app as create_serving_app

DOWN = "down"


def create_app(model_dir: Path) -> ASGIApp:
    """Build the container's application around the model in a folder, with the switch in it.

    Raises: InvalidManifest, ModelMismatch.
    """
    serving = create_serving_app(model_dir)
    switch = model_dir / DOWN

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/invocations" and switch.exists():
            await Response(status_code=500)(scope, receive, send)
        else:
            await serving(scope, receive, send)

    return app
