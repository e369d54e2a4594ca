"""A real stage with a few photos in it, its page, and a browser that looks at it."""

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
from infra.local.status_page import PagePlaces, process_spec
from infra.synthesis.synth import ROOT, synthesize

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_S = 90.0
HOSTILE_KEY = 'intake/<img src=x onerror=alert(1)>/"quoted" & \u202ereversed.jpg'
PHOTOS = {  # key → sample, none for what is not a photo
    "intake/ada/bicycle.jpg": "bicycle-red.jpg",
    "intake/bob/motorcycle.jpg": "motorcycle-black.jpg",
    "intake/eve/not-a-photo.jpg": "",
    HOSTILE_KEY: "bicycle-red.jpg",
}


@dataclass(frozen=True)
class Watched:
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
        with urllib.request.urlopen(f"{self.url}/api/overview") as answer:  # noqa: S310 # loopback
            found: dict[str, Any] = json.load(answer)
            return found

    def settled(self) -> dict[str, Any]:
        """What the page reports once every photo has come to its end."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            found = self.overview()
            ended = all(photo["seconds"] is not None for photo in found["photos"])
            counts = found["counts"]
            if counts["received"] == len(self.uploaded) and not counts["in_flight"] and ended:
                return found
            time.sleep(0.2)
        pytest.fail(f"not settled: {found['counts']}")


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    samples, runs = tmp_path_factory.mktemp("samples"), tmp_path_factory.mktemp("runs")
    draw_samples(samples)
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    name, capture = endpoint_settings(read_json(assembly / "Scones-local-Serving.template.json"))
    with running_stage(runs, assembly=assembly) as stage, bound_socket() as page_at:
        places = PagePlaces.of_stage(stage.outputs, endpoint_name=name, capture=capture)
        page = process_spec(
            directory=runs / "page",
            listener=page_at,
            emulator_url=stage.endpoint_url,
            places=places,
        )
        with run_process(page) as process:
            process.await_health(PATIENCE_S)
            found = Watched(stage, page_at.url, samples)
            for key, sample in PHOTOS.items():
                found.upload(key, sample)
            yield found


@pytest.fixture
def looking_at(browser: "Browser", watched: Watched) -> "Iterator[Callable[..., Page]]":
    """Opens the page; afterwards, the browser has complained of nothing."""
    complaints: list[str] = []
    contexts = []

    def look(path: str, *, width: int = 1280, dark: bool = False) -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(watched.url + path)
        return page

    yield look
    for context in contexts:
        context.close()
    assert complaints == []
