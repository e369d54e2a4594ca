"""Settings, entry points and packages in the template fit the handlers' code."""

import ast
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import boto3
import pytest

from handlers.settings import (
    ChangesSettings,
    ClassifySettings,
    DrainSettings,
    DriversSettings,
    FilterSettings,
    PageSettings,
    ReporterSettings,
    ReviewSettings,
    SerializeSettings,
    Settings,
    SweeperSettings,
)
from infra.function_specs import FUNCTIONS, FunctionSpec
from infra.synthesis.packaging import locked_requirements, package_files
from monitoring.metric_names import NAMESPACE_VARIABLE
from tests.infra.conftest import ROOT
from tests.infra.template import Template

SETTINGS: dict[str, type[Settings]] = {
    "serialize": SerializeSettings,
    "classify": ClassifySettings,
    "filter": FilterSettings,
    "page": PageSettings,
    "drivers": DriversSettings,
    "reviews": ReviewSettings,
    "changes": ChangesSettings,
    "sweeper": SweeperSettings,
    "drain": DrainSettings,
    "report": ReporterSettings,
}

# Import the handler where only its package and the runtime's boto3 can be imported.
IMPORT_AS_LAMBDA = """
import importlib, importlib.metadata, json, sys, types
from pathlib import Path
package, handler, runtime = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
allowed = set(runtime)

class OnlyTheRuntime:
    # Stands for Lambda's own site-packages: boto3 and its requirements, and no others.
    def find_spec(self, name, path=None, target=None):
        if not path and name.partition(".")[0] in allowed:
            finder = importlib.machinery.PathFinder
            return finder.find_spec(name, [runtime_path])
        return None

runtime_path = sys.argv[4]
standard = [entry for entry in sys.path if entry.startswith(sys.base_prefix)]
sys.path[:] = [package] + [entry for entry in standard if "-packages" not in entry]
sys.meta_path.append(OnlyTheRuntime())
module, _, function = handler.rpartition(".")
loaded = importlib.import_module(module)
assert callable(getattr(loaded, function))
assert Path(loaded.__file__).is_relative_to(package)
for name, imported in list(sys.modules.items()):
    if name.partition(".")[0] in {"handlers", "monitoring"}:
        assert Path(imported.__file__).is_relative_to(package), name
"""
# boto3 and its requirements, as Lambda's Python runtimes bring them.
RUNTIME = Path(boto3.__file__).parent.parent
RUNTIME_MODULES = ["boto3", "botocore", "s3transfer", "dateutil", "urllib3", "six", "jmespath"]


@pytest.fixture(params=FUNCTIONS, ids=lambda spec: spec.name)
def spec(request: pytest.FixtureRequest) -> FunctionSpec:
    function_spec: FunctionSpec = request.param
    return function_spec


def test_the_environment_has_exactly_the_settings_of_the_function(
    pipeline: Template, spec: FunctionSpec
) -> None:
    settings = SETTINGS[spec.name]
    expected = {field.name.upper() for field in fields(settings)} | {NAMESPACE_VARIABLE}
    variables = pipeline.function(spec.name).get("Environment", {}).get("Variables", {})
    assert variables.keys() == expected


def test_the_settings_accept_the_environment(pipeline: Template, spec: FunctionSpec) -> None:
    variables = pipeline.function(spec.name).get("Environment", {}).get("Variables", {})
    texts = {name: v if isinstance(v, str) else "a reference" for name, v in variables.items()}
    SETTINGS[spec.name].from_env(texts)


def test_the_entry_point_exists(pipeline: Template, spec: FunctionSpec) -> None:
    module, _, function = str(pipeline.function(spec.name)["Handler"]).rpartition(".")
    source = ROOT / f"{module.replace('.', '/')}.py"
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_package_contains_only_its_closure_its_data_and_its_wheels(
    local_assembly: Path, local_pipeline: Template, spec: FunctionSpec
) -> None:
    package = _package(local_assembly, local_pipeline, spec)
    files = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    required = locked_requirements(spec.wheels)
    installed = {
        name.split("-")[0].replace("_", "-").lower()
        for name in files
        if name.partition("/")[0].endswith(".dist-info")
    }
    assert installed == set(required)
    folders = {"handlers", "infra", "monitoring", "tests", "training"}
    ours = {name for name in files if name.partition("/")[0] in folders}
    baselines = {name for name in ours if name.endswith("/baseline.json")}
    assert ours - baselines == set(package_files(spec))
    assert spec.with_baselines or not baselines
    assert not {name for name in files if "__pycache__" in name or name.endswith(".pyc")}


def test_the_handler_imports_from_its_package_alone(
    local_assembly: Path, local_pipeline: Template, spec: FunctionSpec, tmp_path: Path
) -> None:
    package = _package(local_assembly, local_pipeline, spec)
    result = subprocess.run(
        [
            *(sys.executable, "-I", "-B", "-c", IMPORT_AS_LAMBDA),
            *(str(package), spec.handler, json.dumps(RUNTIME_MODULES), str(RUNTIME)),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr


def test_the_package_stays_small(
    local_assembly: Path, local_pipeline: Template, spec: FunctionSpec
) -> None:
    package = _package(local_assembly, local_pipeline, spec)
    size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
    assert size <= spec.max_unzipped_mb * 1e6


def test_packages_of_prod_are_for_lambdas_processor(
    prod_assembly: Path, prod_pipeline: Template, spec: FunctionSpec
) -> None:
    package = _package(prod_assembly, prod_pipeline, spec)
    # Extension modules; other libraries of a wheel have no tag in their names.
    compiled = [
        path.name
        for path in package.rglob("*.so")
        if ".libs/" not in str(path) and "site-packages" not in str(path)
    ]
    assert bool(compiled) == bool(spec.wheels)
    assert all("cpython-313-aarch64-linux-gnu" in name for name in compiled)


def test_no_package_contains_a_path_of_this_machine(
    local_assembly: Path, local_pipeline: Template, spec: FunctionSpec
) -> None:
    package = _package(local_assembly, local_pipeline, spec)
    here = str(ROOT).encode()
    for path in package.rglob("*"):
        if path.is_file() and path.suffix != ".so":
            assert here not in path.read_bytes(), path


def _package(assembly: Path, template: Template, spec: FunctionSpec) -> Path:
    key = str(template.function(spec.name)["Code"]["S3Key"])
    return assembly / f"asset.{key.removesuffix('.zip')}"
