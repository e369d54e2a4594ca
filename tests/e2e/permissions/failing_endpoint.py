"""Endpoints that fail, in place of the stage's own one for as long as a behaviour needs them."""

import http.server
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from infra.local.stage.stage import LocalStage
from tests.e2e.reviews.filling import set_environment

_URL = "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"
_CLOSED = "http://127.0.0.1:9"  # the port `discard`, at which nothing listens


@contextmanager
def no_endpoint(stage: LocalStage) -> Iterator[None]:
    """Let Classify find no endpoint."""
    with _classify_at(stage, _CLOSED):
        yield


@contextmanager
def endpoint_that_fails_at(stage: LocalStage, photo: str) -> Iterator[None]:
    """Let the endpoint answer 500 for one photo, and as always for all others."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["X-Amzn-SageMaker-Inference-Id"] == photo:
                self.send_response(500)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            request = urllib.request.Request(  # noqa: S310 # the stage's own address
                f"{stage.runtime_url}{self.path}", data=body, headers=headers
            )
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 # above
                content = response.read()
                self.send_response(response.status)
                for name, value in response.headers.items():
                    if name.lower() not in {"transfer-encoding", "content-length"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            with _classify_at(stage, f"http://127.0.0.1:{server.server_port}"):
                yield
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _classify_at(stage: LocalStage, url: str) -> Iterator[None]:
    set_environment(stage, "ClassifyFunction", **{_URL: url})
    try:
        yield
    finally:
        set_environment(stage, "ClassifyFunction", **{_URL: stage.runtime_url})
