"""A stage with off-hours: two schedules start a machine that may only touch its own endpoint."""

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from infra.synthesis.synth import app_environment
from tests.infra.alarms import alarms_of, text_of
from tests.infra.conftest import ROOT
from tests.infra.permissions import grants
from tests.infra.stacks.test_permissions import WITHOUT_RESOURCES
from tests.infra.state_machine.unportable import unportable_forms
from tests.infra.template import Template, machine_definition
from tests.infra.test_runbook import OF_OFF_HOURS

# The stack alone, and the names of the alarms on the instances, which the stack Pipeline has; in a
# process of its own: the tests do not import CDK.
APP = """
import json
from dataclasses import replace

from aws_cdk import App, Stack, Validations, aws_lambda
from cdk_nag import AwsSolutionsChecks

from infra.config import STAGES, OffHours
from infra.constructs.alarms.pipeline_alarms import endpoint_alarms
from infra.stacks.serving import ServingStack

hours = OffHours(start="22:00", end="05:30", time_zone="Europe/Berlin", photos="wait")
always = replace(STAGES["local"], account=None, region=None)
with_hours = replace(always, off_hours=hours)
app = App(analytics_reporting=False)
ServingStack(app, "Scones-local-Serving", config=with_hours)
Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))
app.synth()
classify = aws_lambda.Function.from_function_name(Stack(App(), "Names"), "Classify", "classify")
alarms = [[*endpoint_alarms(config, classify=classify)] for config in (always, with_hours)]
print(json.dumps(alarms))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesized:
    """The stack Serving with off-hours; the alarms on the endpoint without and with them."""

    serving: Template
    alarms_always: list[str]
    alarms_with_hours: list[str]


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    assembly = tmp_path_factory.mktemp("assembly")
    result = subprocess.run(
        [sys.executable, "-c", APP],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=app_environment("local", {}, assembly=assembly),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    always, with_hours = json.loads(result.stdout.splitlines()[-1])
    return Synthesized(
        serving=Template.load(assembly, "local", "Serving"),
        alarms_always=always,
        alarms_with_hours=with_hours,
    )


@pytest.fixture
def with_off_hours(synthesized: Synthesized) -> Template:
    return synthesized.serving


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
def test_every_interpreter_reads_the_machine_as_aws_does(with_off_hours: Template) -> None:
    assert unportable_forms(machine_definition(with_off_hours)) == []


@pytest.mark.synth
def test_an_endpoint_that_is_not_back_raises_an_alarm(with_off_hours: Template) -> None:
    alarms = alarms_of(with_off_hours)
    assert {text_of(alarm).file for alarm in alarms.values()} >= OF_OFF_HOURS
    assert all((ROOT / text_of(alarm).page).is_file() for alarm in alarms.values())


@pytest.mark.synth
def test_an_endpoint_that_is_absent_by_plan_raises_no_alarm(synthesized: Synthesized) -> None:
    absent = set(synthesized.alarms_always) - set(synthesized.alarms_with_hours)
    assert absent == {"EndpointAbsent", "EndpointNotInvoked"}
