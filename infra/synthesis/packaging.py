"""Build a Lambda package: the import closure of its entry, data files, and wheels from the lock.

No Docker: uv fetches ready-made wheels for any platform, by the hashes of the lock. Packages are
cached by the hash of their inputs, so that a second synth builds only what changed.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from uv import find_uv_bin

from handlers.import_closure import ROOT, ImportClosureError, import_closure
from infra.config import PackageTarget, StageConfig
from infra.function_specs import FROM_RUNTIME, FUNCTIONS, FunctionSpec

LOCK = ROOT / "requirements" / "local.lock"
CACHE = ROOT / ".scones" / "packages"

# Increase it when a change of this module gives another package for the same inputs.
_FORMAT = 2
# Written by the installer: paths of this machine, and a list of files that is changed later.
_INSTALLER_FILES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==")
_REQUIRED_BY = re.compile(r"^    # (?:via| ) *(?P<name>[A-Za-z0-9._-]+)", re.MULTILINE)


class PackagingFailed(RuntimeError):
    """A package cannot be built; the message names the function or distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPackage:
    """A folder ready to be zipped, and the SHA-256 (hex) of the inputs it was built from."""

    folder: Path
    digest: str


def specs_of_stage(config: StageConfig, *, root: Path = ROOT) -> list[FunctionSpec]:
    """Return the functions' specifications, with the baselines of the stage's models as data files.

    An evaluation writes the baseline beside the manifest; not every model has one yet.
    """
    beside = {str(Path(name).with_name("baseline.json")) for name in config.model_manifests}
    baselines = tuple(glob.escape(name) for name in sorted(beside) if (root / name).is_file())
    return [
        replace(spec, data_files=spec.data_files + baselines) if spec.with_baselines else spec
        for spec in FUNCTIONS
    ]


def package_files(spec: FunctionSpec, *, root: Path = ROOT) -> tuple[str, ...]:
    """Return the project's files in a function's package: modules and data, relative to `root`.

    Raises: PackagingFailed.
    """
    try:
        files = set(import_closure(spec.module, root=root).files)
    except ImportClosureError as error:
        raise PackagingFailed(f"the package of {spec.name} cannot be built: {error}") from error
    for pattern in spec.data_files:
        matches = [path for path in root.glob(pattern) if path.is_file()]
        if not matches:
            raise PackagingFailed(f"the package of {spec.name} needs {pattern}")
        files |= {path.relative_to(root).as_posix() for path in matches}
    return tuple(sorted(files))


def build_package(
    spec: FunctionSpec, target: PackageTarget, *, root: Path = ROOT, cache: Path = CACHE
) -> FunctionPackage:
    """Return the package of a function for a platform; build it if the cache lacks it.

    Raises: PackagingFailed.
    """
    files = package_files(spec, root=root)
    wheels = _install_wheels(spec, target, lock=root / "requirements" / "local.lock", cache=cache)
    inputs = [f"{_FORMAT} {name}\0{_digest((root / name).read_bytes())}" for name in files]
    digest = _digest("\n".join([wheels.name, *inputs]).encode())
    folder = cache / f"{spec.name}-{digest[:16]}"
    with _build_folder(folder) as work:
        if work is not None:
            # A built package is never written to, so hard links can share the wheels' disk space.
            shutil.copytree(wheels, work, dirs_exist_ok=True, copy_function=os.link)
            for name in files:
                destination = work / name
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, destination)
            _make_readable_for_all_users(work)
    return FunctionPackage(folder=folder, digest=digest)


def locked_requirements(names: tuple[str, ...], lock: Path = LOCK) -> dict[str, str]:
    """Return the lock's entries of these distributions and of all their requirements, by name.

    Distributions that the Lambda runtime brings are left out.

    Raises: PackagingFailed.
    """
    entries: dict[str, str] = {}
    for name, entry in _entries(lock.read_text(encoding="utf-8")):
        # One distribution may have two entries, for older and for newer Pythons.
        entries[name] = entries.get(name, "") + entry
    wanted = list(names)
    chosen: dict[str, str] = {}
    while wanted:
        name = wanted.pop()
        if name in chosen or name in FROM_RUNTIME:
            continue
        if name not in entries:
            raise PackagingFailed(f"{name} is not in {lock.name}; lock it first")
        chosen[name] = entries[name]
        wanted += [other for other, entry in entries.items() if name in _REQUIRED_BY.findall(entry)]
    return dict(sorted(chosen.items()))


def _entries(lock: str) -> Iterator[tuple[str, str]]:
    for entry in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        pin = _PIN.match(entry)
        if pin:
            yield pin["name"], entry


def _install_wheels(spec: FunctionSpec, target: PackageTarget, *, lock: Path, cache: Path) -> Path:
    requirements = "".join(locked_requirements(spec.wheels, lock).values())
    key = _digest(f"{_FORMAT}\n{target}\n{requirements}".encode())
    folder = cache / f"wheels-{key[:16]}"
    with _build_folder(folder) as work:
        if work is not None:
            _run_uv(requirements, target, work)
            _strip(work)
    return folder


def _run_uv(requirements: str, target: PackageTarget, folder: Path) -> None:
    requirements_file = folder.with_name(folder.name + ".txt")
    requirements_file.write_text(requirements, encoding="utf-8")
    target_options = ["--python-version", target.python_version]
    if target.uv_platform:
        target_options += ["--python-platform", target.uv_platform]
    command = [
        *(find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
        *("--only-binary", ":all:", "--link-mode", "copy", "--no-compile-bytecode"),
        *("--python", sys.executable, *target_options),
        *("--target", str(folder), "--requirements", str(requirements_file)),
    ]
    try:
        result = subprocess.run(  # noqa: S603 (our own uv, our own arguments)
            command, capture_output=True, text=True, check=False
        )
    finally:
        requirements_file.unlink()
    if result.returncode:
        raise PackagingFailed(
            f"uv could not install the wheels of a package for Python {target.python_version} "
            f"({target.architecture}):\n{result.stderr.strip()}"
        )


def _strip(folder: Path) -> None:
    """Remove files that differ from machine to machine and are never imported."""
    for name in ("bin", ".lock"):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for info in folder.glob("*.dist-info"):
        for name in _INSTALLER_FILES:
            (info / name).unlink(missing_ok=True)
    for compiled in list(folder.rglob("__pycache__")):
        shutil.rmtree(compiled)


def _make_readable_for_all_users(folder: Path) -> None:
    """Set permissions independently of the builder's umask: Lambda runs as another user."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.suffix == ".so" else 0o644)


@contextmanager
def _build_folder(folder: Path) -> Iterator[Path | None]:
    """Yield a scratch folder that becomes `folder` on success, or None if `folder` exists."""
    if folder.is_dir():
        yield None
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder.parent) as scratch:
        work = Path(scratch) / folder.name
        work.mkdir()
        yield work
        try:
            work.rename(folder)
        except OSError:  # another build was faster, with the same content
            if not folder.is_dir():
                raise


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
