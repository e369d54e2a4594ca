"""Every resource has the stage's tags, by which a search finds what is left of a stage."""

from infra.operations.destruction.kept_resources import KINDS
from infra.operations.destruction.leftovers import PROJECT
from tests.infra.template import Template

# CloudFormation has no property for tags of these; each goes with the resource that it names.
WITHOUT_TAGS = {
    "AWS::ApiGatewayV2::Authorizer": "part of the API",
    "AWS::ApiGatewayV2::Integration": "part of the API",
    "AWS::ApiGatewayV2::Route": "part of the API",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "part of the scalable target",
    "AWS::Cognito::UserPoolClient": "part of the user pool",
    "AWS::Cognito::UserPoolDomain": "searched for by its name",
    "AWS::Cognito::UserPoolGroup": "part of the user pool",
    "AWS::Cognito::UserPoolResourceServer": "part of the user pool",
    "AWS::IAM::Policy": "part of its role",
    "AWS::Lambda::Permission": "part of the function",
    "AWS::Logs::MetricFilter": "part of the log group",
    "AWS::S3::BucketPolicy": "part of the bucket",
    "AWS::SNS::Subscription": "part of the topic",
    "AWS::SNS::TopicPolicy": "part of the topic",
    "AWS::SQS::QueuePolicy": "part of the queue",
    "AWS::Scheduler::Schedule": "part of its group, which has tags and is searched for by name",
}
_PROPERTIES = ("Tags", "UserPoolTags")


def test_every_resource_that_can_have_tags_has_those_of_the_stage(
    pipeline: Template, serving: Template
) -> None:
    for template in (pipeline, serving):
        wanted = {"project": PROJECT, "stage": template.stage}
        for logical_id, resource in template.body["Resources"].items():
            if resource["Type"] in WITHOUT_TAGS:
                continue
            properties = resource["Properties"]
            (tags,) = (properties[name] for name in _PROPERTIES if name in properties)
            if isinstance(tags, list):
                tags = {tag["Key"]: tag["Value"] for tag in tags}
            assert wanted.items() <= tags.items(), logical_id


def test_a_command_can_find_and_remove_every_type_that_a_stack_keeps(pipeline: Template) -> None:
    kept = {
        resource["Type"]
        for resource in pipeline.body["Resources"].values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert kept == (set(KINDS) if pipeline.stage == "prod" else set())
