"""Properties that the design promises for each stack as a whole, in both stages."""

import json
from pathlib import Path

from infra.function_specs import FUNCTIONS
from tests.infra.template import Json, Template, readable

OUTPUTS = {
    *("IntakeBucket", "CaptureBucket", "PhotosTable", "AssignmentsTable", "ReviewQueueUrl"),
    *("ReviewDeadLettersUrl", "FailuresQueueUrl", "IntakeDeadLettersUrl", "StateMachineArn"),
    *("PolicyParameter", "PolicyOverrideParameter", "SerializeFunction", "ClassifyFunction"),
    *("FilterFunction", "AlarmTopicArn", "LabelsBucket", "EventBusName", "ChangesDeadLettersUrl"),
    *("ReviewersTable", "ReviewsFunction", "ApiId", "ApiUrl", "SweeperFunction", "ReportFunction"),
    *("DriversSignInAddress", "DriversPoolId", "DriversClientId", "DrainFunction"),
    *("ReviewersSignInAddress", "ReviewersPoolId", "ReviewersClientId", "ProvisioningClientId"),
    *("ReportsBucket", "ReportTopicArn", "ControlsTable", "ScheduleDeadLettersUrl", "PageTopicArn"),
    *("UploadsTable", "RequestsTable", "AuditSaltSecret"),  # which an erasure reads
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
        if "Delete" not in _policies(resource) and any(_policies(resource))
    }
    assert kept == (HOLDS_DATA if pipeline.stage == "prod" else set())


def test_a_first_deployment_that_fails_leaves_nothing_behind(prod_pipeline: Template) -> None:
    """A retained bucket with a fixed name would make every further attempt fail."""
    for logical_id in HOLDS_DATA:
        policies = _policies(prod_pipeline.body["Resources"][logical_id])
        assert policies == ("RetainExceptOnCreate", "Retain"), logical_id


def _policies(resource: Json) -> tuple[str | None, str | None]:
    return resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")


def test_every_trust_in_an_aws_service_is_for_this_account(
    both_stacks: tuple[Template, Template],
) -> None:
    """Without the condition another account could let the service use the role on its behalf."""
    for template in both_stacks:
        for logical_id, role in template.of_type("AWS::IAM::Role").items():
            for statement in role["AssumeRolePolicyDocument"]["Statement"]:
                assert statement["Principal"].keys() == {"Service"}, logical_id
                account = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                assert readable(account) in {"<account>", "000000000000"}, logical_id


def test_services_deliver_logs_to_groups_that_need_no_resource_policy(pipeline: Template) -> None:
    groups = pipeline.of_type("AWS::Logs::LogGroup")
    machine = pipeline.only("AWS::StepFunctions::StateMachine")["LoggingConfiguration"]
    destinations = [
        *(target["CloudWatchLogsLogGroup"]["LogGroupArn"] for target in machine["Destinations"]),
        *(
            stage["AccessLogSettings"]["DestinationArn"]
            for stage in pipeline.of_type("AWS::ApiGatewayV2::Stage").values()
        ),
    ]
    assert len(destinations) == 2
    for destination in destinations:
        (logical_id, _attribute) = destination["Fn::GetAtt"]
        assert groups[logical_id]["LogGroupName"].startswith("/aws/vendedlogs/")


def test_every_arn_names_the_partition_of_its_region(
    prod_pipeline: Template, prod_serving: Template
) -> None:
    """In stage prod, whose Region is not known at synthesis."""
    for template in (prod_pipeline, prod_serving):
        for logical_id, resource in template.body["Resources"].items():
            if resource["Type"] != "AWS::StepFunctions::StateMachine":
                assert '"arn:aws:' not in json.dumps(resource), logical_id


def test_tables_of_prod_are_protected_from_deletion(prod_pipeline: Template) -> None:
    for logical_id, table in prod_pipeline.of_type("AWS::DynamoDB::Table").items():
        assert table.get("DeletionProtectionEnabled", False) is (logical_id not in SHORT_LIVED)
