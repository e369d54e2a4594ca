"""Properties that the design promises for each stack as a whole, in both stages."""

import json
from pathlib import Path

from infra.function_specs import FUNCTIONS
from tests.infra.template import Template

OUTPUTS = {
    *("IntakeBucket", "CaptureBucket", "PhotosTable", "AssignmentsTable", "ReviewQueueUrl"),
    *("ReviewDeadLettersUrl", "FailuresQueueUrl", "IntakeDeadLettersUrl", "StateMachineArn"),
    *("PolicyParameter", "PolicyOverrideParameter", "SerializeFunction", "ClassifyFunction"),
    *("FilterFunction", "AlarmTopicArn", "LabelsBucket", "EventBusName", "ChangesDeadLettersUrl"),
    *("ReviewersTable", "ReviewsFunction", "ApiId", "ApiUrl", "SweeperFunction", "ReportFunction"),
    *("DriversSignInAddress", "DriversPoolId", "DriversClientId", "DrainFunction"),
    *("ReviewersSignInAddress", "ReviewersPoolId", "ReviewersClientId", "ProvisioningClientId"),
    *("ReportsBucket", "ReportTopicArn", "ControlsTable", "ScheduleDeadLettersUrl"),
}
# Stateful resources: under another logical id each would be another, empty resource.
HOLDS_DATA = {
    *("AccessLogs", "Intake", "Capture", "Reports", "Photos", "Assignments", "AuditSalt"),
    *("Review", "ReviewDeadLetters", "Failures", "IntakeDeadLetters", "ChangesDeadLetters"),
    *("Labels", "DriversPool", "ReviewersPool", "Reviewers", "Uploads", "ScheduleDeadLetters"),
    "Controls",
}

# Responses by Idempotency-Key, kept for a day at most.
SHORT_LIVED = {"Requests"}


def test_the_stack_has_the_outputs_that_tools_read(pipeline: Template) -> None:
    assert pipeline.body["Outputs"].keys() == OUTPUTS


def test_the_stack_has_no_functions_but_those_of_the_table(pipeline: Template) -> None:
    """No custom resources: each would add a Lambda function and a role."""
    kinds = {resource["Type"] for resource in pipeline.body["Resources"].values()}
    assert not {kind for kind in kinds if "Custom" in kind}
    assert len(pipeline.of_type("AWS::Lambda::Function")) == len(FUNCTIONS)


def test_the_template_can_be_deployed_without_arguments(
    pipeline: Template, serving: Template
) -> None:
    for template in (pipeline, serving):
        assert not {"Rules", "Transform"} & template.body.keys()
        for parameter in template.body.get("Parameters", {}).values():
            assert "Default" in parameter


def test_synthesis_needs_no_account_and_no_credentials(assemblies: dict[str, Path]) -> None:
    for assembly in assemblies.values():
        manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
        assert "missing" not in manifest


def test_stateful_resources_are_retained_in_prod_but_not_in_local(pipeline: Template) -> None:
    kept = {
        logical_id
        for logical_id, resource in pipeline.body["Resources"].items()
        if "Retain" in {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
    }
    assert kept == (HOLDS_DATA if pipeline.stage == "prod" else set())


def test_tables_of_prod_are_protected_from_deletion(prod_pipeline: Template) -> None:
    for logical_id, table in prod_pipeline.of_type("AWS::DynamoDB::Table").items():
        assert table.get("DeletionProtectionEnabled", False) is (logical_id not in SHORT_LIVED)
