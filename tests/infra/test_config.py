"""Invalid settings of a stage are refused before synthesis, with one sentence."""

import io
import tokenize
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from infra import config as config_module
from infra.app import config_of
from infra.config import SETTINGS, STAGES, InvalidConfig, OffHours, StageConfig, stage_config
from tests.infra.conftest import RELEASE


def test_stage_local_needs_no_overrides() -> None:
    config = stage_config("local")
    assert (config.account, config.region) == ("000000000000", "us-east-1")


def test_prod_uses_account_and_region_of_its_deployer() -> None:
    config = stage_config("prod", RELEASE)
    assert (config.account, config.region) == (None, None)


@pytest.mark.parametrize("name", ["model_image_uri", "model_data_url", "alarm_email"])
def test_a_setting_that_a_release_lacks_is_named(name: str) -> None:
    overrides = {key: value for key, value in RELEASE.items() if key != name}
    with pytest.raises(InvalidConfig, match=rf"{name} .* is not set; fill in .*stages/prod\.toml"):
        stage_config("prod", overrides)


def test_a_sandbox_needs_no_recipient_of_alarms() -> None:
    config = stage_config("dev", {**RELEASE, "alarm_email": ""})
    assert (config.is_durable, config.alarm_email) == (False, "")


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
    with pytest.raises(InvalidConfig, match="'staging'; the stages are dev, local, prod"):
        stage_config("staging")


def a_stage(folder: Path, text: str) -> Path:
    (folder / "try.toml").write_text(text, encoding="utf-8")
    return folder


MODEL_LINES = "".join(
    f'{name} = "{RELEASE[name]}"\n' for name in ("model_image_uri", "model_data_url")
)


def test_a_file_can_set_every_kind_of_setting(tmp_path: Path) -> None:
    text = """
        is_durable = false
        package_target = "host"
        endpoint_instance_count = 3
        audit_share = 0.1
        cors_origins = ["https://app.example.com"]
        order_ranges = { bicycle = "distant", motorcycle = "nearby" }
    """
    config = stage_config("try", folder=a_stage(tmp_path, text + MODEL_LINES))
    assert config == replace(
        StageConfig(stage="try", is_durable=False, package_target=config_module.HOST),
        endpoint_instance_count=3,
        audit_share=0.1,
        cors_origins=("https://app.example.com",),
        order_ranges={"bicycle": "distant", "motorcycle": "nearby"},
        model_image_uri=RELEASE["model_image_uri"],
        model_data_url=RELEASE["model_data_url"],
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('alarm_mail = "a@example.com"', "no setting alarm_mail; did you mean alarm_email"),
        ('stage = "prod"', "no setting stage"),
        ("[model]", "no setting model"),
        ('report_days = "1"', "report_days: Expected `int`, got `str`"),
        ('report_emails = "a@example.com"', "report_emails: Expected `array`, got `str`"),
        ('package_target = "arm"', "package_target must be one of lambda, host"),
        ('account = "12"', "account is '12'"),
        ('region = "Frankfurt"', "region is 'Frankfurt'"),
        ("endpoint_instance_count = 0", "endpoint_instance_count"),
        ("report_days = ", "stages/try.toml cannot be read"),
    ],
)
def test_a_wrong_line_of_a_file_is_refused(tmp_path: Path, line: str, message: str) -> None:
    folder = a_stage(tmp_path, f"is_durable = false\n{MODEL_LINES}{line}\n")
    with pytest.raises(InvalidConfig, match=message):
        stage_config("try", folder=folder)


def test_a_context_name_that_is_no_setting_is_refused() -> None:
    """The app runs under the CDK command line as well, which passes any name on."""
    context = {"aws:cdk:bundling-stacks": ["**"], "@aws-cdk/core:checkSecretUsage": True}
    assert config_of({**context, "workflow_type": "EXPRESS"}).workflow_type == "EXPRESS"
    with pytest.raises(InvalidConfig, match="no setting model_manifest; did you mean"):
        config_of({**context, "model_manifest": "a.json"})


def test_the_context_can_name_another_folder_of_stages(tmp_path: Path) -> None:
    a_stage(tmp_path, f"is_durable = false\n{MODEL_LINES}")
    config = config_of({"stage": "try", "stages": str(tmp_path)})
    assert config.model_data_url == RELEASE["model_data_url"]


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_every_committed_file_can_be_read(stage: str) -> None:
    assert STAGES[stage].stage == stage


def test_every_setting_has_its_meaning_beside_it() -> None:
    """A comment on its line or above; a name that ends in its unit says enough."""
    source = Path(config_module.__file__).read_text(encoding="utf-8")
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    lines = {
        line.split(":")[0].strip(): number
        for number, line in enumerate(source.splitlines(), start=1)
        if line.startswith("    ") and ":" in line
    }
    with_units = tuple(f"_{unit}" for unit in ("days", "hours", "minutes", "s"))
    names = {setting.name for setting in fields(StageConfig)} & set(SETTINGS)
    assert not {
        name
        for name in names
        if not {lines[name], lines[name] - 1} & commented and not name.endswith(with_units)
    }


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
