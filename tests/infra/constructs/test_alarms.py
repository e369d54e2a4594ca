"""Which alarms exist depends on settings that the command line cannot override."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.synthesis.synth import app_environment
from tests.infra.conftest import ROOT

# The tests do not import CDK: its library keeps a Node process.
LIST_ALARMS = """
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
def test_completeness_has_an_alarm_only_where_all_requests_are_captured(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LIST_ALARMS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=app_environment("prod", {}, assembly=tmp_path),
    )
    everything, a_sample, everything_by_classify = json.loads(result.stdout)
    assert "CaptureIncomplete" in everything
    assert "CaptureIncomplete" not in a_sample
    assert "CaptureIncomplete" in everything_by_classify
    assert "ReportMissing" in a_sample
