"""Filter, with its parameters and secret under moto."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from handlers.aws.controls_table import ControlsTable
from handlers.aws.dynamodb import item_of
from handlers.aws.override_source import OverrideSource
from handlers.aws.parameters import MAX_AGE_S
from handlers.domain.controls import THRESHOLD
from handlers.domain.decision.threshold import STOPPED, Override, override_text
from handlers.domain.errors import (
    OUTAGE_ERRORS,
    InvalidPolicy,
    LedgerUnavailable,
    MissingSetting,
    PolicyUnavailable,
)
from handlers.domain.ledger.schema import CONTROLS
from handlers.workflow import filter as filter_function
from infra.state_machine.lambdas import RESULT_FIELDS
from tests.handlers.domain.decision.test_policy import POLICY, a_quality
from tests.tables import create_table

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

pytestmark = pytest.mark.usefixtures("aws")

STOP = override_text(STOPPED)
ENVIRONMENT = {
    "POLICY_PARAMETER": "/scones/policy",
    "POLICY_OVERRIDE_PARAMETER": "/scones/override",
    "CONTROLS_TABLE": "controls",
    "AUDIT_SALT_SECRET": "salt",
    "AUDIT_SHARE": "0",
    "ASSIGNMENT_VALID_HOURS": "16",
}


@pytest.fixture(autouse=True)
def _deployed(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:
    del aws
    filter_function._settings.cache_clear()
    filter_function._parameters.cache_clear()
    filter_function._overrides.cache_clear()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def deploy(policy: str = POLICY, override: str | None = None, recorded: str | None = None) -> None:
    ssm, dynamodb = boto3.client("ssm"), boto3.client("dynamodb")
    ssm.put_parameter(Name="/scones/policy", Value=policy, Type="String")
    if override is not None:
        ssm.put_parameter(Name="/scones/override", Value=override, Type="String")
    create_table(dynamodb, CONTROLS, "controls")
    if recorded is not None:
        item = item_of({"name": THRESHOLD, "override": recorded})
        dynamodb.put_item(TableName="controls", Item=item)
    boto3.client("secretsmanager").create_secret(Name="salt", SecretString="salt")


def an_event(bicycle: float = 0.99) -> dict[str, Any]:
    return {
        "execution": "arn:run",
        "photo": {
            "photo_id": "a" * 64,
            "bucket": "b",
            "key": "intake/d1/u1.jpg",
            "etag": "e",
            "size_bytes": 1,
            "uploaded_at": "2026-11-22T18:00:00Z",
            "driver_id": "d1",
            "upload_id": "u1",
        },
        "quality": a_quality().to_wire(),
        "prediction": {
            "probabilities": {"bicycle": bicycle, "motorcycle": 1 - bicycle, "other": 0.0},
            "model_version": "m1",
        },
    }


def test_the_result_has_exactly_the_fields_that_the_workflow_reads(
    context: "LambdaContext",
) -> None:
    deploy()
    for bicycle in (0.99, 0.6):
        result = filter_function.lambda_handler(an_event(bicycle), context)
        assert set(result) == set(RESULT_FIELDS["Filter"])
        assert None not in result.values()


def test_facts_are_returned_as_attribute_values(context: "LambdaContext") -> None:
    deploy()
    result = filter_function.lambda_handler(an_event(0.75), context)
    facts = TypeDeserializer().deserialize(result["classification"])
    assert result["outcome"] == "review"
    assert float(facts["probabilities"]["bicycle"]) == 0.75
    assert float(facts["threshold"]) == 0.9
    assert TypeDeserializer().deserialize(result["quality"])["defects"] == []


def test_an_override_stops_automatic_assignment(context: "LambdaContext") -> None:
    deploy(override='{"threshold": 1.0}')
    assert filter_function.lambda_handler(an_event(1.0), context)["outcome"] == "review"


@pytest.mark.parametrize(
    ("parameter_and_record", "outcome", "counted"),
    [
        (("stop!", None), "review", {"PolicyOverrideInvalid": [1], "PolicyOverrideLost": [0]}),
        ((None, STOP), "review", {"PolicyOverrideInvalid": [0], "PolicyOverrideLost": [1]}),
        (("{}", STOP), "review", {"PolicyOverrideInvalid": [0], "PolicyOverrideLost": [1]}),
        ((STOP, STOP), "review", {"PolicyOverrideInvalid": [0], "PolicyOverrideLost": [0]}),
        ((None, ""), "assign", {"PolicyOverrideInvalid": [0], "PolicyOverrideLost": [0]}),
        ((None, None), "assign", {"PolicyOverrideInvalid": [0], "PolicyOverrideLost": [0]}),
    ],
)
def test_an_override_that_is_invalid_or_lost_stops_assignment_and_is_counted(
    context: "LambdaContext",
    capsys: pytest.CaptureFixture[str],
    parameter_and_record: tuple[str | None, str | None],
    outcome: str,
    counted: dict[str, list[int]],
) -> None:
    parameter, record = parameter_and_record
    deploy(override=parameter, recorded=record)
    assert filter_function.lambda_handler(an_event(1.0), context)["outcome"] == outcome
    (emf,) = (line for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line)
    assert {name: json.loads(emf)[name] for name in counted} == counted


@pytest.mark.parametrize(
    ("service", "operation", "error"),
    [
        ("dynamodb", "BatchGetItem", LedgerUnavailable),
        ("ssm", "GetParameter", PolicyUnavailable),
    ],
)
def test_a_throttled_read_of_what_operators_set_is_not_the_normal_state(
    context: "LambdaContext",
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    operation: str,
    error: type[Exception],
) -> None:
    deploy()
    make_call = BaseClient._make_api_call  # type: ignore[attr-defined] # botocore's own

    def throttled(client: Any, called: str, arguments: Any) -> Any:
        is_override = arguments.get("Name") != "/scones/policy"
        if (client.meta.service_model.service_name, called) == (service, operation) and is_override:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, called)
        return make_call(client, called, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", throttled)
    with pytest.raises(error):
        filter_function.lambda_handler(an_event(), context)
    assert error.__name__ in OUTAGE_ERRORS


def test_what_operators_set_is_seen_within_a_minute_and_read_once_in_it() -> None:
    deploy()
    now = [0.0]
    source = OverrideSource(
        boto3.client("ssm"),
        parameter="/scones/override",
        controls=ControlsTable(boto3.client("dynamodb"), table="controls"),
        clock=lambda: now[0],
    )
    assert source.cached() == Override()
    boto3.client("ssm").put_parameter(Name="/scones/override", Value=STOP, Type="String")
    now[0] = MAX_AGE_S - 1
    assert source.cached() == Override()
    now[0] = MAX_AGE_S
    assert source.cached() == Override(parameter=STOP)


def test_parameters_are_cached(context: "LambdaContext") -> None:
    deploy()
    filter_function.lambda_handler(an_event(), context)
    boto3.client("ssm").delete_parameter(Name="/scones/policy")
    assert filter_function.lambda_handler(an_event(), context)["outcome"] == "assign"


def test_an_unreadable_policy_is_a_transient_error(context: "LambdaContext") -> None:
    with pytest.raises(PolicyUnavailable):
        filter_function.lambda_handler(an_event(), context)


def test_a_malformed_policy_is_a_permanent_error(context: "LambdaContext") -> None:
    deploy(policy=json.dumps({"models": 7}))
    with pytest.raises(InvalidPolicy):
        filter_function.lambda_handler(an_event(), context)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_setting_is_named(
    context: "LambdaContext", monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(MissingSetting, match=name):
        filter_function.lambda_handler(an_event(), context)


def test_a_malformed_number_is_named(
    context: "LambdaContext", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT_SHARE", "two percent")
    with pytest.raises(MissingSetting, match="AUDIT_SHARE"):
        filter_function.lambda_handler(an_event(), context)
