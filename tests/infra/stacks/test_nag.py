"""The app runs cdk-nag: a construct that it refuses is not synthesized."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.synthesis.synth import app_environment

# This assembly is not deployed, so CDK need not copy the packages into it.
WITHOUT_PACKAGES = {"aws:cdk:disable-asset-staging": "true"}

# The real app with one more construct, which is not allowed.
BAD_APP = """
from aws_cdk import App
from aws_cdk import aws_sqs as sqs

from infra.app import build
from infra.config import stage_config

app = App(analytics_reporting=False)
build(app, stage_config("local"))
stack = app.node.find_child("Scones-local-Pipeline")
sqs.Queue(stack, "PlainTextQueue")
app.synth()
"""


@pytest.mark.synth
def test_a_queue_without_tls_and_dead_letters_is_refused(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", BAD_APP],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        env=app_environment("local", WITHOUT_PACKAGES, assembly=tmp_path / "assembly"),
    )
    output = result.stdout + result.stderr
    assert result.returncode != 0
    assert "Scones-local-Pipeline/PlainTextQueue/Resource" in output
    assert "AwsSolutions-SQS3" in output
    assert "AwsSolutions-SQS4" in output
    # There are no findings about other constructs.
    findings = [
        line for line in output.splitlines() if "Scones-local-" in line and "aws-cdk-lib" in line
    ]
    assert findings
    assert all("PlainTextQueue" in line for line in findings)
