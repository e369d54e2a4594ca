"""Packages are built from the entry's import closure and the lock, and cached."""

import os
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from handlers.import_closure import import_closure
from infra.config import HOST, stage_config
from infra.function_specs import FROM_RUNTIME, FUNCTIONS, FunctionSpec
from infra.synthesis.packaging import (
    PackagingFailed,
    build_package,
    locked_requirements,
    package_files,
    specs_of_stage,
)

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


def _spec(
    module: str = "handlers.entry",
    *,
    data_files: tuple[str, ...] = (),
    wheels: tuple[str, ...] = (),
) -> FunctionSpec:
    return FunctionSpec(
        name="tiny",
        module=module,
        memory_mb=128,
        timeout_s=3,
        wheels=wheels,
        data_files=data_files,
        max_unzipped_mb=1,
    )


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "local.lock").write_text(LOCK, encoding="utf-8")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "__init__.py").touch()
    (tmp_path / "handlers" / "entry.py").write_text("ANSWER = 42\n", encoding="utf-8")
    (tmp_path / "handlers" / "other.py").write_text("not imported", encoding="utf-8")
    (tmp_path / "handlers" / "secret.txt").write_text("not listed", encoding="utf-8")
    return tmp_path


def test_a_wheel_comes_with_its_requirements_at_the_locked_versions(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCK, encoding="utf-8")
    chosen = locked_requirements(("wanted",), lock)
    assert list(chosen) == ["deeper", "needed", "wanted"]
    assert "--hash=sha256:bb" in chosen["needed"]


def test_a_wheel_that_the_runtime_brings_is_left_out(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCK, encoding="utf-8")
    assert locked_requirements(("boto3",), lock) == {}


def test_a_wheel_that_is_not_locked_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "some.lock"
    lock.write_text(LOCK, encoding="utf-8")
    with pytest.raises(PackagingFailed, match=r"unlocked is not in some\.lock"):
        locked_requirements(("unlocked",), lock)


def test_every_entry_is_pinned_by_hashes() -> None:
    for spec in FUNCTIONS:
        for name, entry in locked_requirements(spec.wheels).items():
            assert "--hash=sha256:" in entry, name


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name)
def test_the_wheels_are_what_the_closure_imports(spec: FunctionSpec) -> None:
    distributions = packages_distributions()
    imported = {
        distribution.lower().replace("_", "-")
        for module in import_closure(spec.module).third_party
        for distribution in distributions[module]
    }
    # Not imported directly: Powertools imports the former for traces, `zoneinfo` reads the latter.
    indirect = {"aws-xray-sdk", "tzdata"}
    assert imported - FROM_RUNTIME == set(spec.wheels) - indirect
    assert ("aws-xray-sdk" in spec.wheels) == ("aws-lambda-powertools" in spec.wheels)


def test_no_package_contains_files_of_another_unit() -> None:
    for spec in FUNCTIONS:
        folders = {name.partition("/")[0] for name in package_files(spec)}
        allowed = (
            {"handlers", "monitoring"} if spec.module.startswith("monitoring") else {"handlers"}
        )
        assert folders <= allowed, spec.name


def test_the_package_of_the_review_page_has_no_adapters_of_aws() -> None:
    (page,) = (spec for spec in FUNCTIONS if spec.name == "page")
    assert not [name for name in package_files(page) if name.startswith("handlers/aws/")]


def test_a_package_contains_the_import_closure_and_the_data_files(project: Path) -> None:
    (project / "handlers" / "page.css").touch()
    spec = _spec(data_files=("handlers/*.css",))
    package = build_package(spec, HOST, root=project, cache=project / "cache")
    modules = {"handlers/__init__.py", "handlers/entry.py"}
    assert _files(package.folder) == modules | {"handlers/page.css"}


def test_a_newly_imported_module_is_packed(project: Path) -> None:
    cache = project / "cache"
    before = build_package(_spec(), HOST, root=project, cache=cache)
    (project / "handlers" / "added.py").touch()
    (project / "handlers" / "entry.py").write_text("import handlers.added\n", encoding="utf-8")
    after = build_package(_spec(), HOST, root=project, cache=cache)
    assert _files(after.folder) - _files(before.folder) == {"handlers/added.py"}


def test_a_missing_module_stops_the_build(project: Path) -> None:
    (project / "handlers" / "entry.py").write_text("import handlers.gone\n", encoding="utf-8")
    with pytest.raises(PackagingFailed, match=r"tiny .*entry\.py:1: no module handlers\.gone"):
        build_package(_spec(), HOST, root=project, cache=project / "cache")


def test_a_missing_data_file_stops_the_build(project: Path) -> None:
    spec = _spec(data_files=("handlers/*.svg",))
    with pytest.raises(PackagingFailed, match=r"tiny needs handlers/\*\.svg"):
        build_package(spec, HOST, root=project, cache=project / "cache")


def test_the_baseline_beside_a_manifest_is_packed(project: Path) -> None:
    config = replace(
        stage_config("local", {}),
        model_manifests=("models/[a]/manifest.json", "models/b/manifest.json"),
    )
    (project / "models" / "[a]").mkdir(parents=True)
    (project / "models" / "[a]" / "baseline.json").touch()
    carriers = [spec for spec in specs_of_stage(config, root=project) if spec.with_baselines]
    assert [spec.name for spec in carriers] == ["report"]
    (pattern,) = (name for name in carriers[0].data_files if name.endswith("baseline.json"))
    spec = _spec(data_files=(pattern,))
    assert "models/[a]/baseline.json" in package_files(spec, root=project)


def test_an_unchanged_package_is_not_built_again(project: Path) -> None:
    def built() -> tuple[str, int]:
        package = build_package(_spec(), HOST, root=project, cache=project / "cache")
        return package.digest, package.folder.stat().st_ino

    first = built()
    os.utime(project / "handlers" / "entry.py")
    (project / "handlers" / "secret.txt").write_text("changed, but not listed", encoding="utf-8")
    (project / "handlers" / "other.py").write_text("changed, not imported", encoding="utf-8")
    assert built() == first


def test_a_changed_source_makes_another_package(project: Path) -> None:
    spec, cache = _spec(), project / "cache"
    before = build_package(spec, HOST, root=project, cache=cache)
    (project / "handlers" / "entry.py").write_text("ANSWER = 43\n", encoding="utf-8")
    after = build_package(spec, HOST, root=project, cache=cache)
    assert before.digest != after.digest
    assert (after.folder / "handlers" / "entry.py").read_text(encoding="utf-8") == "ANSWER = 43\n"


def test_lambdas_user_can_read_a_package_that_was_built_with_any_umask(project: Path) -> None:
    before = os.umask(0o077)
    try:
        package = build_package(_spec(), HOST, root=project, cache=project / "cache")
    finally:
        os.umask(before)
    for path in (package.folder, *package.folder.rglob("*")):
        assert path.stat().st_mode & 0o444 == 0o444, path


def test_a_failed_build_leaves_no_files(project: Path) -> None:
    cache = project / "cache"
    spec = _spec(wheels=("wanted",))  # its hashes are not hashes
    with pytest.raises(PackagingFailed, match="uv could not install"):
        build_package(spec, HOST, root=project, cache=cache)
    assert list(cache.iterdir()) == []
