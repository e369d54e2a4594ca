"""A project like this one with packages of a few bytes, to make environments without a network."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import uv

from infra import bootstrap
from tests.conftest import ROOT

BASE_PYTHON: str = getattr(sys, "_base_executable", sys.executable)  # of no virtual environment
RECENT_NODE = "24.1.0"
_LOCKS = {
    "bootstrap": ("uv",),
    "node": ("node",),
    "local": ("local-tool",),
    "dev": ("local-tool", "dev-tool"),
}
_MAKE = shutil.which("make") or "make"
_BACKEND = """
import pathlib, shutil

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    [wheel] = pathlib.Path(__file__).parent.joinpath("wheels").glob("small_project-*.whl")
    return shutil.copy(wheel, wheel_directory).rpartition("/")[2]
"""
_PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "small-project"
version = "1"
"""


class SmallProject:
    """The project in a folder; beside an environment, the PATH holds only `machine`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.machine = folder / "machine"
        self.venv = self.root / ".venv"
        self._wheels = self.root / "wheels"
        self._home = folder / "home"
        for path in (self.machine, self._wheels, self._home, self.root / "requirements"):
            path.mkdir(parents=True)
        script = Path(bootstrap.__file__).relative_to(ROOT)
        (self.root / script).parent.mkdir(parents=True)
        shutil.copy(ROOT / script, self.root / script)
        shutil.copy(ROOT / "Makefile", self.root)
        (self.root / "backend.py").write_text(_BACKEND, encoding="utf-8")
        (self.root / "pyproject.toml").write_text(_PROJECT, encoding="utf-8")
        self._write_packages()
        for name, packages in _LOCKS.items():
            self.lock(name, *packages)

    def lock(self, name: str, *packages: str) -> None:
        """Write a lock file; a package without a wheel gets a hash that no file has."""
        lines = []
        for package in packages:
            wheel = self._wheel_path(package)
            digest = hashlib.sha256(wheel.read_bytes() if wheel.exists() else b"").hexdigest()
            lines.append(f"{package}==1 --hash=sha256:{digest}\n")
        file = self.root / "requirements" / f"{name}.lock"
        file.write_text("".join(lines), encoding="utf-8")

    def install_node(self, version: str) -> None:
        """Install a `node` on the machine."""
        write_node(self.machine, version)

    def make(self, target: str, *, activated: bool = False) -> subprocess.CompletedProcess[str]:
        """Run `make target`; with `activated`, in a shell with the activated environment."""
        with self.start(target, activated=activated) as process:
            output, _ = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def start(self, target: str, *, activated: bool = False) -> subprocess.Popen[str]:
        """Start `make target` as `make` does, with standard error in its output."""
        scripts = self.venv / "bin"
        path = [str(scripts)] if activated else []
        environment = {
            "PATH": os.pathsep.join([*path, str(self.machine)]),
            "HOME": str(self._home),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self._wheels),
            "UV_NO_CONFIG": "1",
            "UV_OFFLINE": "1",
            "UV_FIND_LINKS": str(self._wheels),
            **({"VIRTUAL_ENV": str(self.venv)} if activated else {}),
        }
        return subprocess.Popen(
            [_MAKE, target, *([] if activated else [f"PYTHON={BASE_PYTHON}"])],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def output_of(self, tool: str) -> str:
        """Return what an installed command prints; empty if it is missing or does not run."""
        try:
            result = subprocess.run(
                [self.venv / "bin" / tool], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return ""
        return result.stdout.strip()

    def _write_packages(self) -> None:
        real_uv = uv.find_uv_bin()
        self._write_wheel("uv", f"import os, sys\nos.execv({real_uv!r}, ['uv', *sys.argv[1:]])")
        self._write_wheel("node", f"print('v{RECENT_NODE}')")
        for package in ("local-tool", "dev-tool", "small-project"):
            self._write_wheel(package, f"print({package!r})")

    def _wheel_path(self, package: str) -> Path:
        return self._wheels / f"{package.replace('-', '_')}-1-py3-none-any.whl"

    def _write_wheel(self, package: str, main: str) -> None:
        """Write a package of one module, with a command of the same name that runs it."""
        module = f"{package.replace('-', '_')}_module"
        info = f"{package.replace('-', '_')}-1.dist-info"
        body = "".join(f"    {line}\n" for line in main.splitlines())
        files = {
            f"{module}.py": f"def main():\n{body}",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": f"[console_scripts]\n{package} = {module}:main\n",
        }
        record = [f"{name},sha256={_hash(text)},{len(text)}\n" for name, text in files.items()]
        with zipfile.ZipFile(self._wheel_path(package), "w") as wheel:
            for name, text in files.items():
                wheel.writestr(name, text)
            wheel.writestr(f"{info}/RECORD", "".join([*record, f"{info}/RECORD,,\n"]))


def write_node(folder: Path, version: str) -> None:
    """Write a `node` that prints its version and does nothing else."""
    node = folder / "node"
    node.write_text(f"#!/bin/sh\necho v{version}\n", encoding="utf-8")
    node.chmod(0o755)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
