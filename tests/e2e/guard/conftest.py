"""A stage with its status page, and web sites of other origins, one of them a named web app."""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from infra.local.cloud_assembly.reader import read_json
from infra.local.process.bound_socket import bound_socket
from infra.local.process.processes import RunningProcess, run_process
from infra.local.sagemaker.endpoint_settings import endpoint_settings
from infra.local.stage.stage import SERVING_TEMPLATE, LocalStage, running_stage
from infra.local.status_page.spec import page_spec
from infra.local.status_page.stack_names import StackNames
from infra.operations.users import Role
from infra.synthesis.synth import synthesize
from tests.e2e.http_api.signing_in import Visitors

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TIMEOUT_S = 60.0
DRIVE = "scones/drive"


class _Blank(http.server.BaseHTTPRequestHandler):
    """An empty page at every address."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another site</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base class's
        """Tests read no log of it."""


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """A running stage, and the port at which pages of other sites are served."""

    stage: LocalStage
    page: RunningProcess
    page_url: str
    sites_port: int
    token: str  # of a driver

    def site(self, name: str) -> str:
        """Return the address of a site; names below localhost are sites of their own."""
        return f"http://{name}:{self.sites_port}"

    @property
    def ports(self) -> dict[str, str]:
        """Return the address of every listener."""
        return {
            "emulator": self.stage.endpoint_url,
            "runtime": self.stage.runtime_url,
            "gateway": self.stage.api_url,
            "status page": self.page_url,
        }


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with _running(tmp_path_factory.mktemp("guarded"), server.server_port) as running:
            yield running
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def _running(folder: Path, sites_port: int) -> Iterator[Guarded]:
    app = f"http://app.localhost:{sites_port}"
    assembly = synthesize("local", folder / "assembly", overrides={"cors_origins": app})
    name, capture = endpoint_settings(read_json(assembly / SERVING_TEMPLATE))
    with (
        running_stage(folder / "runs", assembly=assembly) as stage,
        httpx.Client(base_url=stage.api_url, trust_env=False, timeout=30) as client,
        bound_socket() as page_socket,
        run_process(
            page_spec(
                directory=folder / "page",
                bound_socket=page_socket,
                emulator_url=stage.endpoint_url,
                names=StackNames.of_stage(stage.outputs, endpoint_name=name, capture=capture),
            )
        ) as page,
    ):
        page.await_health(TIMEOUT_S)
        visitors = Visitors(stage, client)
        visitors.let_in("dora", Role.DRIVER)
        yield Guarded(
            stage=stage,
            page=page,
            page_url=page_socket.url,
            sites_port=sites_port,
            token=visitors.access("dora", visitors.drivers_app, DRIVE),
        )


@pytest.fixture
def visiting(browser: "Browser") -> "Iterator[Page]":
    """A new page, which has no console of complaints: refusals are what is looked for."""
    with browser.new_context() as context:
        yield context.new_page()
