"""The serving container's Dockerfile, as far as it can be read without Docker."""

import json
import re
import sys
import tomllib
from typing import Any

import pytest

from infra.operations.deployment.serving_image import ROOT_USER
from tests.conftest import ROOT
from tests.test_architecture import imports_of
from tests.training.serving.dockerfile import Stage, read

PATH = ROOT / "training/serving/Dockerfile"
BEFORE, (BUILD, SERVE) = read(PATH)


def copied(stage: Stage) -> dict[str, str]:
    """Return the place in the image by the source in the repository."""
    values = [value.split() for value in stage.values("COPY") if not value.startswith("--from")]
    return {
        path.relative_to(ROOT).as_posix(): target
        for source, target in values
        for path in ROOT.glob(source)
    }


def project() -> dict[str, Any]:  # Any: TOML values
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_source_that_is_copied_exists() -> None:
    for stage in (BUILD, SERVE):
        for value in stage.values("COPY"):
            if not value.startswith("--from"):
                assert list(ROOT.glob(value.split()[0])), value


def test_image_holds_only_the_serving_package_of_the_project() -> None:
    package = (ROOT / "training/serving").glob("*.py")
    sources = {path.relative_to(ROOT).as_posix() for path in package}
    assert set(copied(SERVE)) == {"training/__init__.py", *sources}
    assert set(copied(BUILD)) == {"requirements/serving.lock"}


def test_serving_imports_only_itself_and_what_the_lock_installs() -> None:
    lock = (ROOT / "requirements/serving.lock").read_text(encoding="utf-8")
    locked = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)}
    for path in (ROOT / "training/serving").glob("*.py"):
        packages = {module.partition(".")[0] for module in imports_of(path)}
        for name in packages - sys.stdlib_module_names:
            assert name == "training" or {"PIL": "pillow"}.get(name, name) in locked, (path, name)


def test_image_serves_with_what_the_local_stage_serves_with() -> None:
    optional = project()["project"]["optional-dependencies"]["serving"]
    extra = {entry.partition(";")[0].strip() for entry in optional}
    group = set(project()["dependency-groups"]["serving"])
    pillow = {
        entry for entry in project()["project"]["dependencies"] if entry.startswith("pillow==")
    }
    assert group - extra == pillow
    assert extra - group == {"onnxruntime==1.23.2"}, "the Intel Macs' build alone"


def test_base_is_pinned_and_can_be_pinned_by_digest() -> None:
    (base,) = BEFORE
    name, _, default = base.value.partition("=")
    assert (base.name, name) == ("ARG", "PYTHON_IMAGE")
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-[a-z]+", default)
    assert {BUILD.base, SERVE.base} == {"${PYTHON_IMAGE}"}
    version = default.rpartition(":")[2].partition("-")[0]
    oldest, newest = re.findall(r"3\.(\d+)", project()["project"]["requires-python"])
    assert int(oldest) <= int(version.partition(".")[2]) < int(newest)


def test_packages_come_from_the_lock_by_hash_as_wheels() -> None:
    (install,) = BUILD.values("RUN")
    for option in ("--require-hashes", "--only-binary :all:", "-r /serving.lock"):
        assert option in install
    assert not [value for value in SERVE.values("RUN") if "pip" in value]


def test_the_container_reports_no_usage_to_the_runtimes_maker() -> None:
    assert "ORT_DISABLE_TELEMETRY=1" in " ".join(SERVE.values("ENV")).split()


def test_process_is_root_as_aws_expects_unless_built_otherwise_and_gets_the_signal_itself() -> None:
    default = dict(value.split("=", 1) for value in SERVE.values("ARG"))
    assert default["SERVING_USER"] == ROOT_USER
    assert SERVE.values("USER") == ["${SERVING_USER}"]
    names = [entry.name for entry in SERVE.instructions]
    assert names.index("USER") > max(
        row for row, name in enumerate(names) if name in {"RUN", "COPY"}
    )
    assert SERVE.values("STOPSIGNAL") == ["SIGTERM"]
    (entry,) = SERVE.values("ENTRYPOINT")
    assert json.loads(entry) == ["python", "-m", "training.serving"]
    assert not SERVE.values("CMD")


def test_health_check_calls_the_ping_of_the_application() -> None:
    (health,) = SERVE.values("HEALTHCHECK")
    assert "http://127.0.0.1:8080/ping" in health
    assert SERVE.values("EXPOSE") == ["8080"]
    code = json.loads(health[health.index("[") :])[2]
    compile(code, "health", "exec")


def test_builder_is_sent_only_the_files_that_are_copied() -> None:
    ignored, *allowed = [
        line
        for line in PATH.with_name("Dockerfile.dockerignore").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    values = [value.split()[0] for stage in (BUILD, SERVE) for value in stage.values("COPY")]
    assert ignored == "*"
    assert {f"!{value}" for value in values if not value.startswith("--from")} == set(allowed)


@pytest.mark.parametrize("stage", [BUILD, SERVE], ids=["build", "serve"])
def test_no_file_is_fetched_from_elsewhere(stage: Stage) -> None:
    assert "ADD" not in {entry.name for entry in stage.instructions}
    assert not [value for value in stage.values("RUN") if re.search(r"curl|wget|git |apt", value)]
