"""What the design promises of each stack as a whole, in both stages unless it says otherwise."""

import json
from pathlib import Path

from infra.function_specs import FUNCTIONS
from tests.infra.template import Template

OUTPUTS = {
    *("IntakeBucket", "CaptureBucket", "PhotosTable", "AssignmentsTable", "ReviewQueueUrl"),
    *("ReviewDeadLettersUrl", "FailuresQueueUrl", "IntakeDeadLettersUrl", "StateMachineArn"),
    *("PolicyParameter", "PolicyOverrideParameter", "SerializeFunction", "ClassifyFunction"),
    *("FilterFunction", "AlarmTopicArn", "LabelsBucket", "EventBusName", "ChangesDeadLettersUrl"),
    *("ReviewersTable", "ReviewsFunction", "ApiId", "ApiUrl", "SignInAddress", "UserPoolId"),
    *("DriversClientId", "ReviewersClientId", "SweeperFunction", "ReportFunction"),
    *("ReportsBucket", "ReportTopicArn"),
}
# Under another logical id each of these would be another, empty resource.
HOLDS_DATA = {
    *("AccessLogs", "Intake", "Capture", "Reports", "Photos", "Assignments", "AuditSalt"),
    *("Review", "ReviewDeadLetters", "Failures", "IntakeDeadLetters", "ChangesDeadLetters"),
    *("Labels", "People", "Reviewers", "Uploads", "ScheduleDeadLetters"),
}

# Answers by Idempotency-Key, kept for a day at most.
SHORT_LIVED = {"Requests"}


def test_tools_find_the_pipeline_by_its_outputs(pipeline: Template) -> None:
    assert pipeline.body["Outputs"].keys() == OUTPUTS


def test_nothing_is_deployed_but_the_chain_itself(pipeline: Template) -> None:
    """No custom resources: each would bring a Lambda and a role that nobody asked for."""
    kinds = {resource["Type"] for resource in pipeline.body["Resources"].values()}
    assert not {kind for kind in kinds if "Custom" in kind}
    assert len(pipeline.of_type("AWS::Lambda::Function")) == len(FUNCTIONS)


def test_the_template_asks_nothing_of_who_deploys_it(pipeline: Template, serving: Template) -> None:
    for template in (pipeline, serving):
        assert not {"Rules", "Transform"} & template.body.keys()
        for parameter in template.body.get("Parameters", {}).values():
            assert "Default" in parameter


def test_synthesis_leaves_nothing_to_look_up(assemblies: dict[str, Path]) -> None:
    """It needs neither an account nor credentials."""
    for assembly in assemblies.values():
        manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
        assert "missing" not in manifest


def test_what_holds_data_outlives_prod_but_not_local(pipeline: Template) -> None:
    kept = {
        logical_id
        for logical_id, resource in pipeline.body["Resources"].items()
        if "Retain" in {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
    }
    assert kept == (HOLDS_DATA if pipeline.stage == "prod" else set())


def test_tables_of_prod_refuse_to_be_deleted(prod_pipeline: Template) -> None:
    for logical_id, table in prod_pipeline.of_type("AWS::DynamoDB::Table").items():
        assert table.get("DeletionProtectionEnabled", False) is (logical_id not in SHORT_LIVED)
