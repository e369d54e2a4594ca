"""The CDK command line that `package.json` pins, run on a cloud assembly."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.operations.deployment.errors import CdkFailed, DeploymentRefused
from infra.synthesis.node import node_environment
from infra.synthesis.synth import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.operations.deployment.account import Account

_PACKAGE = ROOT / "node_modules" / "aws-cdk"
_DIFFERING = re.compile(r"Number of stacks with differences: (\d+)")
_LAST_LINES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDiff:
    """What a deployment of one stack would change."""

    text: str  # as `cdk diff` prints it
    is_empty: bool


class CdkCli:
    """Runs commands on the stacks of one assembly; each raises CdkFailed."""

    def __init__(self, assembly: Path, account: Account, *, show: Callable[[str], None]) -> None:
        """`show` gets every line of a deployment. Raises: NodeMissing, DeploymentRefused."""
        check_version()
        self._assembly = assembly
        self._environment_name = f"aws://{account.account}/{account.region}"
        self._show = show
        self._variables = {
            **node_environment(os.environ),
            "AWS_REGION": account.region,
            "CI": "true",  # lines instead of a progress bar, all on standard output
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }

    def bootstrap(self) -> None:
        """Prepare account and region for deployments by CDK."""
        self._run("bootstrap", self._environment_name)

    def diff(self, stack: str) -> StackDiff:
        """Return what a deployment would change."""
        output = self._run("diff", stack, "--exclusively", quiet=True)
        count = _DIFFERING.search(output)
        if count is None:
            raise CdkFailed(f"`cdk diff {stack}` did not state the number of differences.")
        return StackDiff(text=output.strip(), is_empty=count[1] == "0")

    def deploy(self, stack: str) -> None:
        """Create or update one stack; the caller has asked for approval."""
        self._run(
            *("deploy", stack, "--exclusively", "--require-approval", "never"),
            *("--method", "direct", "--progress", "events"),
        )

    def _run(self, *arguments: str, quiet: bool = False) -> str:
        command = [
            *(self._variables["JSII_NODE"], str(_PACKAGE / "bin" / "cdk"), *arguments),
            *("--app", str(self._assembly), "--no-notices", "--no-color"),
        ]
        lines: list[str] = []
        with subprocess.Popen(  # noqa: S603 (the pinned CDK, our own arguments)
            command,
            cwd=ROOT,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                if not quiet:
                    self._show(line.rstrip())
        if process.returncode:
            last = "\n".join(filter(None, lines[-_LAST_LINES:]))
            raise CdkFailed(f"`cdk {arguments[0]}` ended with {process.returncode}:\n{last}")
        return "\n".join(lines)


def check_version() -> str:
    """Return the version of the installed CDK command line if it is the pinned one.

    Raises: DeploymentRefused.
    """
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    pinned: str = package["devDependencies"]["aws-cdk"]
    installed = _PACKAGE / "package.json"
    version = (
        json.loads(installed.read_text(encoding="utf-8"))["version"]
        if installed.is_file()
        else "not installed"
    )
    if version != pinned:
        raise DeploymentRefused(
            f"the CDK command line must be {pinned} and is {version}: run `npm ci`."
        )
    return pinned
