"""Runs the `scones` command as users do, on a system with a folder of its own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from infra.local.process.processes import ROOT

ANY_PORTS = ("--port", "0", "--runtime-port", "0", "--page-port", "0", "--api-port", "0")


@dataclass(frozen=True)
class Scones:
    """Runs commands against one system."""

    folder: Path

    def __call__(self, *words: object, code: int = 0) -> str:
        """Run a command with the expected exit code; return its output, with errors if not 0."""
        result = subprocess.run(
            [sys.executable, "-m", "infra.cli", *map(str, words)],
            cwd=ROOT,
            env={**os.environ, "SCONES_UP_DIR": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout if code == 0 else result.stdout + result.stderr

    def json(self, *words: object) -> Any:
        return json.loads(self(*words, "--json"))

    def up(self, *words: object) -> None:
        assert "ready" in self("up", *ANY_PORTS, *words)


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that can be decoded, with any prediction."""
    file = tmp_path_factory.mktemp("photos") / "photo.jpg"
    file.write_bytes(a_picture())
    return file


def a_picture() -> bytes:
    content = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").resize((640, 480)).save(content, "JPEG")
    return content.getvalue()


@pytest.fixture
def scones(tmp_path: Path) -> Iterator[Scones]:
    """A system that is not up yet; it is stopped in the end."""
    it = Scones(tmp_path / "up")
    try:
        yield it
    finally:
        it("down", "--discard")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Scones, Path]]:
    """A system that is up, and its drop folder."""
    folder = tmp_path_factory.mktemp("system")
    it = Scones(folder / "up")
    try:
        it.up("--drop-folder", folder / "drop")
        yield it, folder / "drop"
    finally:
        it("down", "--discard")
