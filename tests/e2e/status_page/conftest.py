"""A real stage with a few photos, its page, and a browser that opens it."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.demo.samples import draw_samples
from infra.local.cloud_assembly.reader import read_json
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import run_process
from infra.local.sagemaker.endpoint_settings import endpoint_settings
from infra.local.stage.stage import LocalStage, running_stage
from infra.local.status_page.spec import page_spec
from infra.local.status_page.stack_names import StackNames
from infra.synthesis.synth import ROOT, synthesize

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TIMEOUT_S = 90.0
HOSTILE_KEY = 'intake/<img src=x onerror=alert(1)>/"quoted" & \u202ereversed.jpg'
PHOTOS = {  # key → sample; an empty name is a file that is not a photo
    "intake/ada/bicycle.jpg": "bicycle-red.jpg",
    "intake/bob/motorcycle.jpg": "motorcycle-black.jpg",
    "intake/eve/not-a-photo.jpg": "",
    HOSTILE_KEY: "bicycle-red.jpg",
}


@dataclass(frozen=True)
class LivePage:
    """A stage and the address of its page."""

    stage: LocalStage
    url: str
    samples: Path
    uploaded: list[str] = field(default_factory=list)

    def upload(self, key: str, sample: str) -> None:
        self.uploaded.append(key)
        data = (self.samples / sample).read_bytes() if sample else b"I am not a photo.\n"
        bucket = self.stage.outputs["IntakeBucket"]
        self.stage.client("s3").put_object(Bucket=bucket, Key=key, Body=data)

    def overview(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/api/overview") as response:  # noqa: S310 # loopback
            overview: dict[str, Any] = json.load(response)
            return overview

    def settled(self) -> dict[str, Any]:
        """Return the overview when every photo has a final status."""
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            overview = self.overview()
            ended = all(photo["seconds"] is not None for photo in overview["photos"])
            counts = overview["counts"]
            if counts["received"] == len(self.uploaded) and not counts["in_flight"] and ended:
                return overview
            time.sleep(0.2)
        pytest.fail(f"not settled: {overview['counts']}")


@pytest.fixture(scope="session")
def live_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePage]:
    samples, runs = tmp_path_factory.mktemp("samples"), tmp_path_factory.mktemp("runs")
    draw_samples(samples)
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    name, capture = endpoint_settings(read_json(assembly / "Scones-local-Serving.template.json"))
    with running_stage(runs, assembly=assembly) as stage, bound_socket() as page_socket:
        names = StackNames.of_stage(stage.outputs, endpoint_name=name, capture=capture)
        page = page_spec(
            directory=runs / "page",
            bound_socket=page_socket,
            emulator_url=stage.endpoint_url,
            names=names,
        )
        with run_process(page) as process:
            process.await_health(TIMEOUT_S)
            live = LivePage(stage, page_socket.url, samples)
            for key, sample in PHOTOS.items():
                live.upload(key, sample)
            yield live


@pytest.fixture
def open_page(browser: "Browser", live_page: LivePage) -> "Iterator[Callable[..., Page]]":
    """Opens the page; afterwards, the browser must have reported no error or message."""
    messages: list[str] = []
    contexts = []

    def open_path(path: str, *, width: int = 1280, dark: bool = False) -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("dialog", lambda dialog: messages.append(f"dialog: {dialog.message}"))
        page.goto(live_page.url + path)
        return page

    yield open_path
    for context in contexts:
        context.close()
    assert messages == []
