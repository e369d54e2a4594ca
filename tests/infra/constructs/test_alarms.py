"""What is watched depends on settings that no command line has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.synthesis.synth import app_environment
from tests.infra.conftest import ROOT

# CDK is not imported into the tests: its library holds a Node process.
ASK = """
import json
from dataclasses import replace

from infra.config import STAGES
from infra.constructs.alarms.monitoring_alarms import report_alarms

def alarms(percentage, writer):
    captured = {"capture_sampling_percentage": percentage, "capture_writer": writer}
    return list(report_alarms(replace(STAGES["prod"], **captured)))

print(json.dumps([alarms(100, "endpoint"), alarms(99, "endpoint"), alarms(50, "classify")]))
"""


@pytest.mark.synth
def test_completeness_is_watched_only_where_everything_is_to_be_captured(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=app_environment("prod", {}, assembly=tmp_path),
    )
    everything, a_sample, everything_by_classify = json.loads(said.stdout)
    assert "CaptureIncomplete" in everything
    assert "CaptureIncomplete" not in a_sample
    assert "CaptureIncomplete" in everything_by_classify
    assert "ReportMissing" in a_sample
