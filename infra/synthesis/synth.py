"""Synthesize a stage without the CDK command line: `python -m infra.synthesis.synth local`.

The app runs in a process of its own, because CDK's library keeps a Node process as long as it is
imported. An assembly whose inputs have not changed is reused.
"""

import argparse
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from handlers.import_closure import ImportClosureError, import_closure
from infra.account_config import ACCOUNT_FILE, account_config
from infra.config import (
    SETTINGS,
    STAGES,
    STAGES_FOLDER,
    InvalidConfig,
    StageConfig,
    stage_config,
)
from infra.synthesis.node import NodeMissing, node_environment
from infra.synthesis.packaging import PackagingFailed, package_files, specs_of_stage

ROOT = Path(__file__).parents[2]

APP = "infra.app"
ACCOUNT_APP = "infra.account_app"

# An assembly depends on these modules and on all that they import.
_ENTRIES = (APP, "infra.synthesis.synth")
_ACCOUNT_ENTRIES = (ACCOUNT_APP, "infra.synthesis.synth")
_DATA_FILES = ("cdk.json", "requirements/local.lock")
_LOG_TAIL_LINES = 25


class SynthFailed(RuntimeError):
    """The app did not synthesize; the message ends with the last lines of its output."""


def synthesize(
    stage: str,
    out: Path,
    *,
    overrides: Mapping[str, str] | None = None,
    stages: Path = STAGES_FOLDER,
) -> Path:
    """Synthesize the cloud assembly of a stage into `out` if its inputs have changed.

    The settings are those of the stage's file in `stages`, with `overrides` (see `stage_config`)
    in their place. Returns `out`. Raises: SynthFailed, InvalidConfig, NodeMissing.
    """
    settings = dict(overrides or {})
    config = stage_config(stage, settings, folder=stages)
    if stages != STAGES_FOLDER:
        settings["stages"] = str(stages)
    # The settings themselves: an edit of a comment in the stage's file changes nothing.
    return _synthesize(
        APP,
        out,
        context={"stage": stage, **settings},
        inputs=lambda: _digest(repr(config), input_files(config, root=ROOT)),
    )


def synthesize_account(out: Path, *, file: Path = ACCOUNT_FILE) -> Path:
    """Synthesize the cloud assembly of the stack `Account` into `out` if its inputs have changed.

    Returns `out`. Raises: SynthFailed, InvalidConfig, NodeMissing.
    """
    config = account_config(file)
    return _synthesize(
        ACCOUNT_APP,
        out,
        context={"account_file": str(file)},
        inputs=lambda: _digest(repr(config), [*_modules_of(_ACCOUNT_ENTRIES, ROOT), *_DATA_FILES]),
    )


def _synthesize(
    app: str, out: Path, *, context: Mapping[str, str], inputs: Callable[[], str]
) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(out):
        digest = inputs()
        digest_file = out.with_name(out.name + ".inputs")
        is_complete = (out / "manifest.json").is_file() and digest_file.is_file()
        if is_complete and digest_file.read_text(encoding="utf-8") == digest:
            return out
        digest_file.unlink(missing_ok=True)
        _run_app(app, context, out)
        digest_file.write_text(digest, encoding="utf-8")
    return out


def app_environment(stage: str, overrides: Mapping[str, str], *, assembly: Path) -> dict[str, str]:
    """Return the environment that the CDK command line gives to an app, with its Node.

    Raises: NodeMissing.
    """
    return _environment({"stage": stage, **overrides}, assembly=assembly)


def _environment(context: Mapping[str, str], *, assembly: Path) -> dict[str, str]:
    settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
    return {
        **node_environment(os.environ),
        "CDK_OUTDIR": str(assembly),
        "CDK_CONTEXT_JSON": json.dumps({**settings["context"], **context}),
    }


def _run_app(app: str, context: Mapping[str, str], out: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        assembly = Path(scratch) / "assembly"
        result = subprocess.run(  # noqa: S603 (our own interpreter and our own app)
            [sys.executable, "-m", app],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env=_environment(context, assembly=assembly),
        )
        if result.returncode:
            lines = (result.stdout + result.stderr).strip().splitlines()[-_LOG_TAIL_LINES:]
            raise SynthFailed("\n".join(["the CDK app did not synthesize:", *lines]))
        shutil.rmtree(out, ignore_errors=True)
        assembly.rename(out)


def input_files(config: StageConfig, *, root: Path = ROOT) -> list[str]:
    """Return the files on which the assembly of a stage depends, relative to `root`, sorted.

    Raises: SynthFailed.
    """
    files = _modules_of(_ENTRIES, root)
    try:
        for spec in specs_of_stage(config, root=root):
            files |= set(package_files(spec, root=root))
    except PackagingFailed as error:
        raise SynthFailed(f"the CDK app's inputs cannot be listed: {error}") from error
    return sorted({*files, *_DATA_FILES, *config.model_manifests})


def _modules_of(entries: Iterable[str], root: Path) -> set[str]:
    try:
        return set(import_closure(*entries, root=root).files)
    except ImportClosureError as error:
        raise SynthFailed(f"the CDK app's inputs cannot be listed: {error}") from error


def _digest(settings: str, files: Iterable[str]) -> str:
    context = [settings, sys.version, platform.machine(), str(ROOT)]
    digest = hashlib.sha256("\n".join(context).encode())
    for name in sorted(files):
        path = ROOT / name
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"\n{name} {hashlib.sha256(content).hexdigest()}".encode())
    return digest.hexdigest()


@contextmanager
def _exclusive(out: Path) -> Iterator[None]:
    """Hold the assembly's lock: of two simultaneous synths, the second reuses the first's."""
    with out.with_name(out.name + ".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Synthesize a stage and print the assembly's path."""
    parser = argparse.ArgumentParser(prog="python -m infra.synthesis.synth", description=__doc__)
    parser.add_argument("stage", choices=sorted(STAGES), nargs="?", default="local")
    parser.add_argument("--out", type=Path, help="default: .scones/cdk.out.STAGE")
    parser.add_argument(
        *("-c", "--context"),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"sets one of {', '.join(SETTINGS)}",
    )
    arguments = parser.parse_args()
    out = arguments.out or ROOT / ".scones" / f"cdk.out.{arguments.stage}"
    overrides = dict(pair.partition("=")[::2] for pair in arguments.context)
    try:
        assembly = synthesize(arguments.stage, out.resolve(), overrides=overrides)
    except (SynthFailed, InvalidConfig, NodeMissing) as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(f"{assembly}\n")


if __name__ == "__main__":
    main()
