"""The code version of a report: equal on Lambda and on a laptop, another for other code."""

import shutil
from pathlib import Path

import pytest

from infra.function_specs import FUNCTIONS
from infra.synthesis.packaging import package_files
from monitoring.report.sources import code_version
from tests.conftest import ROOT
from tests.monitoring.conftest import EVENT, Stage

PACKAGED = next(package_files(spec) for spec in FUNCTIONS if spec.name == "report")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the files of the function's package."""
    for source in PACKAGED:
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, tmp_path / source)
    return tmp_path


def test_the_functions_package_is_the_same_code_as_the_project(package: Path) -> None:
    assert code_version(package) == code_version()
    assert len(code_version()) == 12


@pytest.mark.parametrize(
    "module",
    [
        "handlers/aws/photos_table.py",
        "monitoring/report/baseline.py",
        "monitoring/report/inputs.py",
        "monitoring/rendering/report.css",
        "monitoring/report/checks/drift.py",
        "monitoring/report/html/templates/checks.html",
        "monitoring/statistics/two_samples.py",
        "monitoring/report/human_labels.py",
    ],
)
def test_changed_code_has_another_version(package: Path, module: str) -> None:
    with (package / module).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert code_version(package) != code_version()


def test_unrelated_modules_do_not_change_the_version(package: Path) -> None:
    (package / "monitoring" / "demo_day.py").write_text("", encoding="utf-8")
    (package / "monitoring" / "sweep.py").write_text("# changed\n", encoding="utf-8")
    assert code_version(package) == code_version()


def test_a_report_states_its_code_version(stage: Stage) -> None:
    stage.call(EVENT)
    assert stage.document()["code_version"] == code_version()
