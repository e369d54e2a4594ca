"""The history of a stage: what was deployed, and to which model a rollback returns."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.config import STAGES
from infra.operations.deployment.history import (
    DeploymentRecord,
    History,
    changes_between,
    deployment_to_restore,
    settings_of,
)


def a_record(
    model: str, *, number: int = 0, restores: int = 0, **settings: Any
) -> DeploymentRecord:
    return DeploymentRecord(
        number=number,
        model_version=model,
        settings={
            **settings_of(STAGES["local"]),
            "model_data_url": f"s3://models/{model}/model.tar.gz",
            **settings,
        },
        commit="0123456789ab",
        deployed_at="2026-11-21T08:00:00.000Z",
        restores=restores,
    )


@pytest.fixture
def history() -> Iterator[History]:
    with mock_aws():
        yield History(boto3.client("ssm", region_name="eu-central-1"), stage="dev")


def test_a_stage_without_deployments_has_no_history(history: History) -> None:
    assert history.records() == []


def test_records_come_back_as_they_were_stored_the_oldest_first(history: History) -> None:
    for model in ("a", "b"):
        history.add(a_record(model, report_emails=["quality@example.com"]))
    assert history.records() == [
        a_record("a", number=1, report_emails=["quality@example.com"]),
        a_record("b", number=2, report_emails=["quality@example.com"]),
    ]


def test_settings_that_were_stored_do_not_differ_from_themselves(history: History) -> None:
    settings = settings_of(STAGES["local"])
    history.add(a_record("a", **settings))
    assert changes_between(history.records()[0].settings, settings) == []


def in_order(*records: DeploymentRecord) -> str | None:
    numbered = [
        DeploymentRecord(
            number=number,
            model_version=record.model_version,
            settings=record.settings,
            commit="",
            deployed_at="",
            restores=record.restores,
        )
        for number, record in enumerate(records, start=1)
    ]
    former = deployment_to_restore(numbered)
    return former.model_version if former else None


def test_the_model_before_the_present_one_is_restored() -> None:
    assert in_order(a_record("a"), a_record("b")) == "a"


def test_a_deployment_of_other_settings_is_no_other_model() -> None:
    assert in_order(a_record("a"), a_record("b"), a_record("b", time_zone="Europe/Berlin")) == "a"


def test_without_another_model_there_is_nothing_to_restore() -> None:
    assert in_order() is None
    assert in_order(a_record("a"), a_record("a", time_zone="Europe/Berlin")) is None


def test_two_rollbacks_do_not_lead_back_to_the_model_that_was_rolled_back() -> None:
    first = (a_record("a"), a_record("b"), a_record("bad"))
    assert in_order(*first) == "b"
    assert in_order(*first, a_record("b", restores=2)) == "a"
    assert in_order(*first, a_record("b", restores=2), a_record("a", restores=1)) is None


def test_after_a_rollback_and_a_new_model_the_restored_one_is_the_former() -> None:
    records = (a_record("a"), a_record("bad"), a_record("a", restores=1), a_record("new"))
    assert in_order(*records) == "a"


def test_changes_name_each_setting_with_both_values() -> None:
    before = settings_of(STAGES["local"])
    after = before | {"alarm_email": "ops@example.com", "report_days": 2}
    assert changes_between(before, after) == [
        'alarm_email: not set -> "ops@example.com"',
        "report_days: 1 -> 2",
    ]
