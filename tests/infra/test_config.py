"""Invalid settings of a stage are refused before synthesis, with one sentence."""

from dataclasses import replace
from typing import Any

import pytest

from infra.config import (
    OVERRIDABLE,
    STAGES,
    InvalidConfig,
    OffHours,
    StageConfig,
    stage_config,
)
from tests.infra.conftest import RELEASE


def test_stage_local_needs_no_overrides() -> None:
    config = stage_config("local")
    assert (config.account, config.region) == ("000000000000", "us-east-1")


def test_prod_uses_account_and_region_of_its_deployer() -> None:
    config = stage_config("prod", RELEASE)
    assert (config.account, config.region) == (None, None)


@pytest.mark.parametrize("name", ["model_image_uri", "model_data_url"])
def test_a_setting_that_a_release_lacks_is_named(name: str) -> None:
    overrides = {key: value for key, value in RELEASE.items() if key != name}
    with pytest.raises(InvalidConfig, match=rf"{name} .* is not set; .* -c {name}="):
        stage_config("prod", overrides)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_image_uri", "docker.io/library/python:3.13"),
        ("model_image_uri", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scones"),
        ("model_data_url", "https://example.com/model.tar.gz"),
        ("model_data_url", "s3://models/model.onnx"),
    ],
)
def test_an_image_or_model_that_sagemaker_would_refuse_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidConfig, match=name):
        stage_config("prod", {**RELEASE, name: value})


def test_the_error_for_an_unknown_stage_lists_the_known_ones() -> None:
    with pytest.raises(InvalidConfig, match="'staging'; the stages are local, prod"):
        stage_config("staging")


def test_a_setting_that_is_not_overridable_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="is_durable cannot be set"):
        stage_config("local", {"is_durable": "false"})


def test_every_overridable_name_is_a_setting_of_a_stage() -> None:
    assert set(OVERRIDABLE) <= set(StageConfig.__dataclass_fields__)


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_an_audit_share_outside_of_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(InvalidConfig, match="audit_share"):
        replace(STAGES["local"], audit_share=share).check()


def test_two_models_can_be_in_service_during_a_rollout() -> None:
    config = stage_config("local", {"model_manifests": "a/manifest.json,b/manifest.json"})
    assert config.model_manifests == ("a/manifest.json", "b/manifest.json")


@pytest.mark.parametrize(("days", "retention_days"), [(0, 30), (32, 90), (30, 30)])
def test_a_report_over_days_whose_captures_have_expired_is_refused(
    days: int, retention_days: int
) -> None:
    config = replace(STAGES["local"], report_days=days, capture_retention_days=retention_days)
    with pytest.raises(InvalidConfig, match="report_days"):
        config.check()


def test_captures_are_complete_if_classify_writes_them() -> None:
    sampled = replace(STAGES["local"], capture_sampling_percentage=20)
    assert sampled.captured_percentage == 20
    assert replace(sampled, capture_writer="classify").captures_everything


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint_instance_count": 0},
        {"endpoint_instance_count": 5, "endpoint_max_instance_count": 4},
        {"endpoint_target_invocations": 0},
        {"runbook_url": "https://example.com/runbook/"},
        {"runbook_url": ""},
    ],
)
def test_settings_of_the_endpoint_and_the_runbook_are_checked(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig, match=next(iter(changes))):
        replace(STAGES["local"], **changes).check()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start", "24:00"),
        ("end", "5:30"),
        ("end", "22:00"),  # the start
        ("time_zone", "Berlin"),
        ("photos", "review"),
        ("photos", "drop"),
    ],
)
def test_off_hours_that_cannot_be_kept_are_refused(name: str, value: str) -> None:
    hours = {"start": "22:00", "end": "05:30", "time_zone": "Europe/Berlin", "photos": "wait"}
    replace(STAGES["local"], off_hours=OffHours(**hours)).check()
    with pytest.raises(InvalidConfig, match=f"off_hours.*{name}"):
        replace(STAGES["local"], off_hours=OffHours(**hours | {name: value})).check()
