"""The endpoint, its Data Capture, and the names that both stacks share."""

from infra.config import STAGES
from tests.infra.alarms import alarms_of, metrics_of, period_of
from tests.infra.template import Json, Template, readable


def test_both_stacks_name_the_same_endpoint(both_stacks: tuple[Template, Template]) -> None:
    pipeline, serving = both_stacks
    name = serving.only("AWS::SageMaker::Endpoint")["EndpointName"]
    assert pipeline.function("classify")["Environment"]["Variables"]["ENDPOINT_NAME"] == name


def test_the_endpoint_writes_captures_to_the_pipelines_bucket(
    both_stacks: tuple[Template, Template],
) -> None:
    pipeline, serving = both_stacks
    bucket = readable(pipeline.of_type("AWS::S3::Bucket")["Capture"]["BucketName"])
    assert readable(_capture(serving)["DestinationS3Uri"]) == f"s3://{bucket}/data-capture"


def test_every_request_and_response_is_captured_as_json(serving: Template) -> None:
    capture = _capture(serving)
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == 100
    assert capture["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    assert capture["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/json"]}


def test_the_container_has_no_network(serving: Template) -> None:
    assert serving.only("AWS::SageMaker::Model")["EnableNetworkIsolation"] is True


def test_a_new_model_can_replace_the_old_one(serving: Template) -> None:
    """CloudFormation creates the new one before it deletes the old: their names must differ."""
    assert "ModelName" not in serving.only("AWS::SageMaker::Model")
    assert "EndpointConfigName" not in serving.only("AWS::SageMaker::EndpointConfig")


def test_an_alarm_ends_a_rollout_of_which_a_canary_has_a_part(serving: Template) -> None:
    deployment = serving.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]
    alarms = {
        readable(alarm["AlarmName"]) for alarm in deployment["AutoRollbackConfiguration"]["Alarms"]
    }
    own = serving.of_type("AWS::CloudWatch::Alarm").keys()
    assert alarms == {readable({"Ref": logical_id}) for logical_id in own}
    policy = deployment["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    (variant,) = serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert routing["Type"] == "CANARY"
    assert routing["CanarySize"]["Type"] == "INSTANCE_COUNT"
    # SageMaker's limit.
    assert routing["CanarySize"]["Value"] <= variant["InitialInstanceCount"] / 2
    waits_s = routing["WaitIntervalInSeconds"] + policy["TerminationWaitInSeconds"]
    assert policy["MaximumExecutionTimeoutInSeconds"] > waits_s


def test_the_alarms_of_a_rollout_can_be_red_while_the_canary_serves(serving: Template) -> None:
    deployment = serving.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]
    policy = deployment["BlueGreenUpdatePolicy"]
    baking_s = min(
        policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"],
        policy["TerminationWaitInSeconds"],
    )
    for alarm in alarms_of(serving).values():
        assert alarm["EvaluationPeriods"] * period_of(alarm) < baking_s
        (metric,) = metrics_of(alarm)
        endpoint = serving.only("AWS::SageMaker::Endpoint")["EndpointName"]
        assert metric.dimensions["EndpointName"] == endpoint


def test_instances_follow_the_calls_and_survive_a_rollout(serving: Template) -> None:
    config = STAGES[serving.stage]
    target = serving.only("AWS::ApplicationAutoScaling::ScalableTarget")
    endpoint = serving.only("AWS::SageMaker::Endpoint")
    (variant,) = serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert target["ResourceId"] == (
        f"endpoint/{endpoint['EndpointName']}/variant/{variant['VariantName']}"
    )
    assert target["MinCapacity"] == variant["InitialInstanceCount"]
    assert target["MaxCapacity"] == config.endpoint_max_instance_count
    policy = serving.only("AWS::ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == config.endpoint_target_invocations
    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [
        {"VariantPropertyType": "DesiredWeight"}
    ]


def test_no_stack_exports_to_the_other(pipeline: Template, serving: Template) -> None:
    for template in (pipeline, serving):
        assert "Fn::ImportValue" not in template.path.read_text(encoding="utf-8")
        assert not [out for out in template.body["Outputs"].values() if "Export" in out]


def _capture(serving: Template) -> Json:
    config = serving.only("AWS::SageMaker::EndpointConfig")
    return dict(config["DataCaptureConfig"])
