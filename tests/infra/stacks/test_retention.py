"""Every store of personal data is in the list of erasure, and expires as the settings say."""

from dataclasses import replace

import pytest

from infra.config import LONGEST_LOG_DAYS, REPLACED_KEPT_DAYS, STAGES, InvalidConfig, stage_config
from infra.operations.erasure.stores import Means, Store, store_of, stores
from tests.infra.template import Template

# Types that hold records. A type that is new to the stack has to be put here or in STATELESS.
STORES = {
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::StepFunctions::StateMachine",
}
STATELESS = {
    *("AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::ApiMapping", "AWS::ApiGatewayV2::Authorizer"),
    *("AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::Integration"),
    *("AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage"),
    *("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"),
    *("AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain"),
    *("AWS::Cognito::UserPoolGroup", "AWS::Cognito::UserPoolResourceServer"),
    *("AWS::Events::EventBus", "AWS::Events::Rule"),
    *("AWS::IAM::Policy", "AWS::IAM::Role"),
    *("AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Lambda::Permission"),
    *("AWS::Logs::MetricFilter", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription"),
    *("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"),
    *("AWS::SSM::Parameter", "AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup"),
    "AWS::SecretsManager::Secret",
}


def _listed(stage: str) -> tuple[Store, ...]:
    config = STAGES[stage]
    return stores(
        log_days=config.log_retention_days, access_log_days=config.access_log_retention_days
    )


def test_every_resource_that_holds_records_is_in_the_list_of_erasure(pipeline: Template) -> None:
    resources = pipeline.body["Resources"]
    assert {resource["Type"] for resource in resources.values()} <= STORES | STATELESS
    listed = _listed(pipeline.stage)
    missing = [
        logical_id
        for logical_id, resource in resources.items()
        if resource["Type"] in STORES and store_of(resource["Type"], logical_id, listed) is None
    ]
    assert missing == []


def test_a_store_that_is_not_listed_is_missed() -> None:
    assert store_of("AWS::S3::Bucket", "Thumbnails", _listed("prod")) is None
    assert store_of("AWS::DynamoDB::Table", "PhotosArchive", _listed("prod")) is None


def test_what_cannot_be_erased_is_empty_within_90_days() -> None:
    for store in _listed("prod"):
        if store.means is Means.EXPIRES:
            assert store.retention_days is not None, store
        assert (store.retention_days or 0) <= LONGEST_LOG_DAYS, store


def test_photos_expire_no_later_than_their_rows(pipeline: Template) -> None:
    config = STAGES[pipeline.stage]
    rules = pipeline.of_type("AWS::S3::Bucket")["Intake"]["LifecycleConfiguration"]["Rules"]
    (expire,) = [rule for rule in rules if rule["Id"] == "Expire"]
    replaced_days = expire["NoncurrentVersionExpiration"]["NoncurrentDays"]
    assert expire["ExpirationInDays"] + replaced_days < config.ledger_retention_days
    assert any(rule.get("ExpiredObjectDeleteMarker") for rule in rules)
    serialize = pipeline.function("serialize")["Environment"]["Variables"]
    assert serialize["LEDGER_RETENTION_DAYS"] == str(config.ledger_retention_days)


def test_pages_with_thumbnails_expire_with_the_photos(pipeline: Template) -> None:
    rules = pipeline.of_type("AWS::S3::Bucket")["Reports"]["LifecycleConfiguration"]["Rules"]
    (pages,) = [rule for rule in rules if rule.get("Prefix") == "reports/"]
    assert pages["ExpirationInDays"] == STAGES[pipeline.stage].thumbnail_retention_days


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("ledger_retention_days", 90 + REPLACED_KEPT_DAYS + 1),
        ("label_retention_days", 399),
        ("thumbnail_retention_days", 91),
        ("capture_retention_days", 91),
        ("log_retention_days", LONGEST_LOG_DAYS + 1),
        ("access_log_retention_days", LONGEST_LOG_DAYS + 1),
    ],
)
def test_a_retention_that_breaks_a_promise_is_refused(name: str, days: int) -> None:
    config = replace(stage_config("local"), **{name: days})  # type: ignore[arg-type] # by name
    with pytest.raises(InvalidConfig, match=name):
        config.check()
