"""The serving container's process, with only what the Dockerfile copies and installs."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pictures import a_jpeg
from tests.training.serving.test_container import SERVE, copied
from training.registry.archive import pack, unpack

pytestmark = pytest.mark.e2e

TIMEOUT_S = 60.0
SERVE_CODE = """
import runpy, sys
sys.path[:0] = sys.argv[1].split(":")
sys.argv[:] = ["training.serving", "serve"]
runpy.run_module("training.serving", run_name="__main__")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A running process, started as SageMaker starts it."""

    process: subprocess.Popen[bytes]
    port: int

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = self.connection()
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def accepts(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S).close()
        except ConnectionRefusedError:
            return False
        return True


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's files: `site` holds the locked packages, `app` the copied code."""
    folder = tmp_path_factory.mktemp("image")
    for source, target in copied(SERVE).items():
        name = target.removeprefix("/opt/app/")
        place = folder / "app" / (name + Path(source).name if name.endswith("/") else name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((ROOT / source).read_bytes())
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet"]
    lock = ["--require-hashes", "--only-binary", ":all:", "-r", "requirements/serving.lock"]
    subprocess.run(
        [*uv, "--python", sys.executable, "--target", str(folder / "site"), *lock],
        cwd=ROOT,
        check=True,
    )
    unpack(pack(ROOT / "training/shipped"), folder / "model")
    return folder


def started(image: Path, model: Path) -> Container:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        # The bare interpreter: no environment's packages, no user's, no variables.
        [
            sys._base_executable,  # type: ignore[attr-defined]  # not in typeshed
            *("-I", "-S", "-c", SERVE_CODE, f"{image / 'app'}:{image / 'site'}"),
        ],
        env={
            "PATH": os.environ["PATH"],
            "SCONES_MODEL_DIR": str(model),
            "SCONES_HOST": "127.0.0.1",
            "SCONES_PORT": str(port),
        },
        cwd=image,
        stderr=subprocess.PIPE,
    )
    return Container(process=process, port=port)


@pytest.fixture
def container(image: Path) -> Iterator[Container]:
    container = started(image, image / "model")
    deadline = time.monotonic() + TIMEOUT_S
    while not container.accepts():
        assert container.process.poll() is None, "the container ended before it served"
        assert time.monotonic() < deadline, "the container does not serve"
        time.sleep(0.05)
    yield container
    container.process.kill()
    container.process.communicate()


def test_container_fulfils_the_contract_of_sagemaker(container: Container) -> None:
    manifest = json.loads((ROOT / "training/shipped/manifest.json").read_text(encoding="utf-8"))
    status, body = container.ask("GET", "/ping")
    assert (status, json.loads(body)["model_version"]) == (200, manifest["model_version"])
    status, body = container.ask("POST", "/invocations", a_jpeg((224, 168)))
    assert status == 200
    assert list(json.loads(body)["probabilities"]) == manifest["classes"]


def test_body_over_the_limit_is_refused(container: Container) -> None:
    connection = container.connection()
    connection.putrequest("POST", "/invocations")
    connection.putheader("Content-Length", str(2 * 1024 * 1024))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["error"]) == (413, "too_large")
    connection.close()
    assert container.ask("GET", "/ping")[0] == 200


def test_overload_gets_an_immediate_refusal_and_later_requests_succeed(
    container: Container,
) -> None:
    photo = a_jpeg((224, 168))
    with ThreadPoolExecutor(64) as crowd:
        statuses = list(
            crowd.map(lambda _: container.ask("POST", "/invocations", photo)[0], range(400))
        )
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    assert container.ask("POST", "/invocations", photo)[0] == 200


def test_request_in_progress_is_answered_before_the_server_stops(container: Container) -> None:
    photo = a_jpeg((224, 168))
    connection = socket.create_connection(("127.0.0.1", container.port), timeout=TIMEOUT_S)
    head = (
        "POST /invocations HTTP/1.1\r\nHost: model\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(photo)}\r\n\r\n"
    )
    connection.sendall(head.encode())
    # The server sends it when the application has begun to read.
    assert connection.recv(100).startswith(b"HTTP/1.1 100")
    connection.sendall(photo[:1000])
    container.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + TIMEOUT_S
    while container.accepts():
        assert time.monotonic() < deadline, "the server accepts requests after SIGTERM"
        time.sleep(0.05)
    connection.sendall(photo[1000:])
    response = b""
    while part := connection.recv(65536):
        response += part
    connection.close()
    assert response.startswith(b"HTTP/1.1 200")
    assert b'"probabilities"' in response
    # 0, or the signal that ended the process.
    assert container.process.wait(TIMEOUT_S) in {0, -signal.SIGTERM}


def test_idle_server_stops_on_sigterm(container: Container) -> None:
    assert container.ask("GET", "/ping")[0] == 200
    container.process.send_signal(signal.SIGTERM)
    assert container.process.wait(TIMEOUT_S) in {0, -signal.SIGTERM}


def test_invalid_model_ends_the_start(image: Path, tmp_path: Path) -> None:
    for path in (image / "model").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"another")
    container = started(image, tmp_path)
    _, errors = container.process.communicate(timeout=TIMEOUT_S)
    assert container.process.returncode == 1
    assert b"model_refused" in errors
