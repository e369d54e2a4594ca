"""Packages are built from an allow-list and the lock, and built once."""

import os
from pathlib import Path

import pytest

from infra.config import HOST
from infra.function_specs import FUNCTIONS, FunctionSpec
from infra.packaging import PackagingFailed, build_package, locked_requirements

LOCK = """\
boto3==1.0 \\
    --hash=sha256:aa
    # via scones-unlimited (pyproject.toml)
needed==2.0 \\
    --hash=sha256:bb
    # via
    #   boto3
    #   wanted
deeper==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc
    # via needed
of-runtime==4.0 \\
    --hash=sha256:dd
    # via boto3
wanted==1.5 \\
    --hash=sha256:ee
    # via scones-unlimited (pyproject.toml)
"""


def _spec(*sources: str) -> FunctionSpec:
    return FunctionSpec(
        name="tiny",
        memory_mb=128,
        timeout_s=3,
        sources=sources,
        wheels=(),
        max_unzipped_mb=1,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "local.lock").write_text(LOCK, encoding="utf-8")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "entry.py").write_text("ANSWER = 42\n", encoding="utf-8")
    (tmp_path / "handlers" / "secret.txt").write_text("not listed", encoding="utf-8")
    return tmp_path


def test_a_wheel_comes_with_what_it_needs_at_the_locked_version(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCK, encoding="utf-8")
    chosen = locked_requirements(("wanted",), lock)
    assert list(chosen) == ["deeper", "needed", "wanted"]
    assert "--hash=sha256:bb" in chosen["needed"]


def test_what_the_runtime_brings_is_left_out(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCK, encoding="utf-8")
    assert locked_requirements(("boto3",), lock) == {}


def test_what_is_not_locked_is_not_installed(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCK, encoding="utf-8")
    with pytest.raises(PackagingFailed, match=r"surprise is not in some\.lock"):
        locked_requirements(("surprise",), lock)


def test_every_entry_is_pinned_by_hashes() -> None:
    for spec in FUNCTIONS:
        for name, entry in locked_requirements(spec.wheels).items():
            assert "--hash=sha256:" in entry, name


def test_a_package_holds_the_listed_sources_only(project: Path) -> None:
    package = build_package(_spec("handlers/entry.py"), HOST, root=project, cache=project / "cache")
    files = [path for path in package.folder.rglob("*") if path.is_file()]
    assert [str(path.relative_to(package.folder)) for path in files] == ["handlers/entry.py"]


def test_a_listed_source_that_is_missing_stops_the_build(project: Path) -> None:
    with pytest.raises(PackagingFailed, match=r"tiny needs handlers/gone\.py"):
        build_package(_spec("handlers/gone.py"), HOST, root=project, cache=project / "cache")


def test_an_unchanged_package_is_not_built_again(project: Path) -> None:
    def built() -> tuple[str, int]:
        package = build_package(
            _spec("handlers/entry.py"), HOST, root=project, cache=project / "cache"
        )
        return package.digest, package.folder.stat().st_ino

    first = built()
    os.utime(project / "handlers" / "entry.py")
    (project / "handlers" / "secret.txt").write_text("changed, but not listed", encoding="utf-8")
    assert built() == first


def test_a_changed_source_makes_another_package(project: Path) -> None:
    spec, cache = _spec("handlers/entry.py"), project / "cache"
    before = build_package(spec, HOST, root=project, cache=cache)
    (project / "handlers" / "entry.py").write_text("ANSWER = 43\n", encoding="utf-8")
    after = build_package(spec, HOST, root=project, cache=cache)
    assert before.digest != after.digest
    assert (after.folder / "handlers" / "entry.py").read_text(encoding="utf-8") == "ANSWER = 43\n"


def test_lambdas_user_can_read_a_package_whoever_built_it(project: Path) -> None:
    before = os.umask(0o077)
    try:
        package = build_package(
            _spec("handlers/entry.py"), HOST, root=project, cache=project / "cache"
        )
    finally:
        os.umask(before)
    for path in (package.folder, *package.folder.rglob("*")):
        assert path.stat().st_mode & 0o444 == 0o444, path


def test_a_build_that_fails_leaves_nothing_behind(project: Path) -> None:
    cache = project / "cache"
    spec = FunctionSpec(
        name="tiny",
        memory_mb=128,
        timeout_s=3,
        sources=("handlers/entry.py",),
        wheels=("wanted",),  # its hashes are no hashes
        max_unzipped_mb=1,
    )
    with pytest.raises(PackagingFailed, match="uv could not install"):
        build_package(spec, HOST, root=project, cache=cache)
    assert list(cache.iterdir()) == []
