"""A stage with off-hours: two schedules start a machine that may only touch its own endpoint."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.synthesis.synth import app_environment
from tests.infra.alarms import alarms_of, text_of
from tests.infra.conftest import ROOT
from tests.infra.permissions import grants
from tests.infra.stacks.test_permissions import WITHOUT_RESOURCES
from tests.infra.template import Template
from tests.infra.test_runbook import OF_OFF_HOURS

# The stack alone, in a process of its own: the tests do not import CDK.
APP = """
from dataclasses import replace

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.config import STAGES, OffHours
from infra.stacks.serving import ServingStack

hours = OffHours(start="22:00", end="05:30", time_zone="Europe/Berlin", photos="wait")
config = replace(STAGES["local"], account=None, region=None, off_hours=hours)
app = App(analytics_reporting=False)
ServingStack(app, "Scones-local-Serving", config=config)
Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))
app.synth()
"""


@pytest.fixture(scope="module")
def with_off_hours(tmp_path_factory: pytest.TempPathFactory) -> Template:
    assembly = tmp_path_factory.mktemp("assembly")
    _run(APP, assembly)
    return Template.load(assembly, "local", "Serving")


@pytest.mark.synth
def test_two_schedules_close_and_open_the_endpoint(with_off_hours: Template) -> None:
    schedules = with_off_hours.of_type("AWS::Scheduler::Schedule").values()
    assert {
        (
            schedule["ScheduleExpression"],
            schedule["ScheduleExpressionTimezone"],
            schedule["Target"]["Input"],
        )
        for schedule in schedules
    } == {
        ("cron(0 22 * * ? *)", "Europe/Berlin", '{"action": "close"}'),
        ("cron(30 5 * * ? *)", "Europe/Berlin", '{"action": "open"}'),
    }


@pytest.mark.synth
def test_the_machine_may_do_no_more_than_it_calls(with_off_hours: Template) -> None:
    rows = [grant for grant in grants(with_off_hours) if grant.role.startswith("OffHours")]
    assert {row.action for row in rows if row.resource == "*"} <= WITHOUT_RESOURCES
    definition = json.dumps(with_off_hours.only("AWS::StepFunctions::StateMachine"))
    for operation in ("createEndpoint", "deleteEndpoint", "describeEndpoint"):
        assert f"aws-sdk:sagemaker:{operation}" in definition
        assert f"sagemaker:{operation[0].upper()}{operation[1:]}" in {row.action for row in rows}


@pytest.mark.synth
def test_an_endpoint_that_is_not_back_raises_an_alarm(with_off_hours: Template) -> None:
    alarms = alarms_of(with_off_hours)
    assert {text_of(alarm).file for alarm in alarms.values()} >= OF_OFF_HOURS
    assert all((ROOT / text_of(alarm).page).is_file() for alarm in alarms.values())


@pytest.mark.synth
def test_an_endpoint_that_is_absent_by_plan_raises_no_alarm() -> None:
    """The alarms on the instances are those of the stack Pipeline."""
    listing = (
        "import json\n"
        "from dataclasses import replace\n"
        "from aws_cdk import App, Stack, aws_lambda\n"
        "from infra.config import STAGES, OffHours\n"
        "from infra.constructs.alarms.pipeline_alarms import endpoint_alarms\n"
        "hours = OffHours(start='22:00', end='05:30', time_zone='UTC', photos='wait')\n"
        "function = aws_lambda.Function.from_function_name(Stack(App(), 'S'), 'F', 'classify')\n"
        "configs = [replace(STAGES['prod'], off_hours=value) for value in (None, hours)]\n"
        "print(json.dumps([list(endpoint_alarms(c, classify=function)) for c in configs]))\n"
    )
    always, with_hours = json.loads(_run(listing, Path("unused")))
    assert set(always) - set(with_hours) == {"EndpointAbsent"}


def _run(program: str, assembly: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=app_environment("local", {}, assembly=assembly),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
