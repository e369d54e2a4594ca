"""The rule that starts the workflow, its logs and time-outs, and the policy that Filter reads."""

import json

from handlers.domain.decision.policy import Policy
from infra.config import STAGES
from infra.function_specs import FUNCTIONS
from infra.state_machine import STANDARD
from tests.infra.conftest import ROOT
from tests.infra.template import Template, machine_definition, readable


def test_every_object_under_the_prefix_starts_an_execution(pipeline: Template) -> None:
    intake = pipeline.of_type("AWS::S3::Bucket")["Intake"]
    assert intake["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }
    rule = pipeline.only("AWS::Events::Rule")
    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [{"Ref": "Intake"}]},
            "object": {"key": [{"prefix": "intake/"}]},
        },
    }
    assert [readable(target["Arn"]) for target in rule["Targets"]] == ["<WorkflowMachine>"]


def test_an_event_that_cannot_be_delivered_is_kept(pipeline: Template) -> None:
    ((rule_id, rule),) = pipeline.of_type("AWS::Events::Rule").items()
    (target,) = rule["Targets"]
    assert target["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 24 * 3600,
        "MaximumRetryAttempts": 185,
    }
    assert readable(target["DeadLetterConfig"]["Arn"]) == "<IntakeDeadLetters.Arn>"
    (allowed,) = (
        statement
        for statement in pipeline.statements_on(
            "AWS::SQS::QueuePolicy", "Queues", "IntakeDeadLetters"
        )
        if statement["Effect"] == "Allow"
    )
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule_id, "Arn"]}}
    }


def test_every_log_group_expires_its_logs(pipeline: Template, serving: Template) -> None:
    for template in (pipeline, serving):
        for group in template.of_type("AWS::Logs::LogGroup").values():
            assert group["RetentionInDays"] == STAGES[template.stage].log_retention_days


def test_every_function_has_a_log_group_and_traces(pipeline: Template) -> None:
    groups = set()
    for function in pipeline.of_type("AWS::Lambda::Function").values():
        groups.add(function["LoggingConfig"]["LogGroup"]["Ref"])
        assert function["TracingConfig"] == {"Mode": "Active"}
    assert len(groups) == len(FUNCTIONS)
    assert groups < pipeline.of_type("AWS::Logs::LogGroup").keys()


def test_every_function_times_out_before_its_state(pipeline: Template) -> None:
    """A function that times out by itself logs it; the workflow must wait for that."""
    definition = machine_definition(pipeline)
    for name in ("serialize", "classify", "filter"):
        state = definition["States"][name.capitalize()]
        assert state["TimeoutSeconds"] > pipeline.function(name)["Timeout"]
    assert definition["TimeoutSeconds"] == STANDARD.machine_s


def test_the_state_machine_logs_its_history_but_not_the_photos(pipeline: Template) -> None:
    machine = pipeline.only("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


def test_the_policy_parameter_has_the_thresholds_of_the_models_in_service(
    pipeline: Template,
) -> None:
    config = STAGES[pipeline.stage]
    policy = Policy.from_json(_parameter(pipeline, config.policy_parameter_name))
    assert policy.order_ranges == {"bicycle": "nearby", "motorcycle": "distant"}
    for path in config.model_manifests:
        manifest = json.loads((ROOT / path).read_text(encoding="utf-8"))
        model = policy.models[manifest["model_version"]]
        assert model.classes == set(manifest["classes"])
        assert model.threshold == manifest["policy"]["threshold"]


def test_no_deployment_owns_the_policy_override(pipeline: Template) -> None:
    """CloudFormation would write its value back over an emergency stop."""
    override = STAGES[pipeline.stage].policy_override_parameter_name
    names = {parameter["Name"] for parameter in pipeline.of_type("AWS::SSM::Parameter").values()}
    assert names == {STAGES[pipeline.stage].policy_parameter_name}
    assert pipeline.body["Outputs"]["PolicyOverrideParameter"]["Value"] == override


def test_the_audit_salt_is_generated(pipeline: Template) -> None:
    secret = pipeline.of_type("AWS::SecretsManager::Secret")["AuditSalt"]
    assert "SecretString" not in secret
    assert secret["GenerateSecretString"]["PasswordLength"] == 64


def _parameter(template: Template, name: str) -> str:
    (value,) = (
        parameter["Value"]
        for parameter in template.of_type("AWS::SSM::Parameter").values()
        if parameter["Name"] == name
    )
    return str(value)
