"""Invalid settings of a stage are refused before synthesis, with one sentence."""

import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra import config as config_module
from infra.app import config_of
from infra.config import (
    SETTINGS,
    STAGES,
    InvalidConfig,
    OffHours,
    StageConfig,
    stage_config,
    stage_settings,
)
from infra.setting_rules import RULES
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
    with pytest.raises(
        InvalidConfig, match="stages has no stage 'staging'; its stages: dev, local, prod"
    ):
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
        ('region = "eu-nowhere-9"', "it must be the code of a Region of AWS"),
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


# Beside each setting values that are refused, the nearest ones to the allowed.
REFUSED: Mapping[str, Sequence[object]] = {
    "account": ["12345678901", "12345678901a", ""],
    "region": ["eu-nowhere-9", "Frankfurt", ""],
    "is_durable": [],
    "log_retention_days": [0, 10, 91, -1],
    "access_log_retention_days": [0, 91],
    "photo_retention_days": [0, 3654],
    "ledger_retention_days": [0, 3654],
    "label_retention_days": [0, 3654],
    "thumbnail_retention_days": [0, 3654],
    "alarm_email": [" ", "a", "a@b", "a@example.com, b@example.com"],
    "page_email": [" ", "@example.com"],
    "runbook_url": ["", "https://example.com/runbook/", "a b"],
    "report_emails": [("",), ("a@example.com", "a@example.com")],
    "time_zone": ["", "Berlin"],
    "report_at": [
        *("", "nonsense", "rate(1 day)", "cron(60 5 * * ? *)", "cron(0 24 * * ? *)"),
        *("cron(* 5 * * ? *)", "cron(15 5 * * * *)", "cron(15 5 ? * ? *)", "cron(15 5 * * ?)"),
    ],
    "report_days": [0, 32],
    "audit_days": [0, 401],
    "report_retention_days": [0, 3654],
    "sweep_every_minutes": [0, 4, 1441, -3],
    "sweep_versions": [99, 1_000_001],
    "review_idle_hours": [0, 313],
    "workflow_type": ["", "express"],
    "model_manifests": [(), ("",), ("a.json", "a.json")],
    "order_ranges": [{}, {"bicycle": "far"}, {"": "nearby"}],
    "audit_share": [-0.01, 1.01, float("nan")],
    "error_budget": [0, 0.5, float("nan")],
    "budget_alarm_alpha": [0, 0.5],
    "budget_proof_alpha": [0, 0.5],
    "assignment_valid_hours": [0, 169],
    "review_lease_s": [0, 29, 3601],
    "undo_window_s": [-1, 3601],
    "blind_share": [-0.01, 1.01, float("nan")],
    "second_share": [-0.01, 1.01, float("nan")],
    "drivers_app_urls": [(), ("app",), ("http://example.com/in",), ("https://a.example/#in",)],
    "cors_origins": [("*",), ("https://a.example/",), ("http://a.example",)],
    "upload_retention_days": [0, 3654],
    "uploads_per_hour": [0, -3, 10_001],
    "endpoint_instance_type": ["", "c5.large", "ml.c5"],
    "endpoint_instance_count": [0, 101],
    "endpoint_max_instance_count": [0, 101],
    "endpoint_target_invocations": [0, 1_000_001],
    "capture_writer": ["", "filter"],
    "capture_modes": [(), ("Foo",), ("Input", "Input")],
    "capture_sampling_percentage": [0, 101],
    "capture_retention_days": [0, 3654],
}
# They have sentences of their own, with tests of their own.
APART = {"model_image_uri", "model_data_url", "off_hours", "package_target"}


def test_every_setting_has_a_rule_and_values_that_it_refuses() -> None:
    assert set(RULES) == set(SETTINGS) - APART
    assert set(REFUSED) == set(RULES)
    assert {name for name, values in REFUSED.items() if not values} == {"is_durable"}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values]
)
def test_a_value_out_of_range_is_refused_with_file_name_value_and_range(
    name: str, value: object
) -> None:
    config = replace(STAGES["local"], **{name: value})  # type: ignore[arg-type] # by name
    with pytest.raises(InvalidConfig) as refused:
        config.check_values()
    message = str(refused.value)
    assert message.startswith(f"stage local: {name} is {value!r}; it must be ")
    assert message.endswith("change its line in stages/local.toml")


def test_a_file_whose_values_are_out_of_range_is_not_even_read(tmp_path: Path) -> None:
    """Commands that reach an account read it without asking for completeness."""
    folder = a_stage(tmp_path, "sweep_every_minutes = 0\n")
    with pytest.raises(InvalidConfig, match="sweep_every_minutes is 0; it must be from 5 to 1440"):
        stage_settings("try", folder=folder)


@pytest.mark.parametrize(
    "name",
    ["../stages/prod", "prod.toml", "stages/prod", "", "p", "Prod", "-prod", "prod-", "a" * 21],
)
def test_a_name_that_is_no_name_of_a_stage_is_refused(name: str) -> None:
    with pytest.raises(InvalidConfig, match="is not the name of a stage: 2 to 20 lower-case"):
        stage_settings(name)


def test_a_folder_of_stages_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"there is no folder .*/none"):
        stage_settings("prod", folder=tmp_path / "none")
    with pytest.raises(InvalidConfig, match="has no stage 'prod'; its stages: none"):
        stage_settings("prod", folder=tmp_path)


def test_two_models_can_be_in_service_during_a_rollout() -> None:
    config = stage_config("local", {"model_manifests": "a/manifest.json,b/manifest.json"})
    assert config.model_manifests == ("a/manifest.json", "b/manifest.json")


@pytest.mark.parametrize(("days", "retention_days"), [(30, 30), (7, 6)])
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
        {"endpoint_instance_count": 5, "endpoint_max_instance_count": 4},
        {"audit_days": 400, "label_retention_days": 399, "ledger_retention_days": 399},
    ],
)
def test_settings_that_do_not_agree_are_refused(changes: dict[str, Any]) -> None:
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


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        ("22:00", "05:30", [22, 23, *range(6)]),
        ("01:00", "05:00", range(1, 5)),
        ("00:00", "12:00", range(12)),
    ],
)
def test_hours_may_span_midnight(start: str, end: str, covered: Sequence[int]) -> None:
    hours = OffHours(start=start, end=end, time_zone="Europe/Berlin", photos="wait")
    midnight = datetime(2026, 1, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    times = [midnight + timedelta(hours=hour) for hour in range(24)]
    assert {time.hour for time in times if hours.covers(time.astimezone(UTC))} == set(covered)
