"""The model runs without network and leaves no file: ONNX Runtime reports no usage to its maker."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.network_refused import IS_SUPPORTED
from tests.pictures import a_jpeg
from training.serving.manifest import MANIFEST_NAME

SHIPPED = ROOT / "training" / "shipped"
VARIABLE = "ORT_DISABLE_TELEMETRY"
# Its first name look-up comes 9 to 10 seconds after the import.
LINGER_S = 13
PROGRAM = """
import sys, time
from pathlib import Path
from tests.network_refused import refuse_network

refuse_network()
from training.serving.predictor import Predictor

prediction = Predictor.load(Path(sys.argv[1])).predict(Path(sys.argv[2]).read_bytes())
time.sleep(float(sys.argv[3]))
print(prediction.model_version)
"""


def predict_without_network(folder: Path, *, linger_s: float) -> subprocess.CompletedProcess[str]:
    """Classify one photo in a new process whose home and other folders are in `folder`."""
    home, photo = folder / "home", folder / "photo.jpg"
    home.mkdir()
    photo.write_bytes(a_jpeg())
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(SHIPPED), str(photo), str(linger_s)],
        cwd=ROOT,
        # Neither the variable nor CI, which alone would suppress telemetry.
        env={
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(home),
            "TMPDIR": str(home),
            **{name: str(home) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")},
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not IS_SUPPORTED, reason="the filter of system calls is Linux's")
@pytest.mark.parametrize(
    "linger_s",
    [0, pytest.param(LINGER_S, marks=pytest.mark.e2e)],
    ids=["files", "connections"],
)
def test_a_prediction_writes_no_file_and_opens_no_connection(
    tmp_path: Path, linger_s: float
) -> None:
    result = predict_without_network(tmp_path, linger_s=linger_s)
    files = [str(path.relative_to(tmp_path)) for path in (tmp_path / "home").rglob("*")]
    assert not files
    assert result.returncode == 0, result.stderr  # -31 (SIGSYS): it opened an internet socket
    assert result.stdout.strip() in (SHIPPED / MANIFEST_NAME).read_text(encoding="utf-8")


def test_telemetry_is_off_before_every_import_of_the_runtime() -> None:
    importers = {
        file.relative_to(ROOT).parts[0]
        for folder in ("handlers", "infra", "monitoring", "tests", "training")
        for file in (ROOT / folder).rglob("*.py")
        if _imports_runtime(file)
    }
    assert importers == {"training"}  # whose __init__.py sets the variable
    assert os.environ[VARIABLE] == "1"


def _imports_runtime(file: Path) -> bool:
    names: set[str] = set()
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "onnxruntime" in text else ():
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return any(f"{name}.".startswith("onnxruntime.") for name in names)
