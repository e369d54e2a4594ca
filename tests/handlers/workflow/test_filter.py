"""Filter, with its parameters and secret under moto."""

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer

from handlers.domain.errors import InvalidPolicy, MissingSetting, PolicyUnavailable
from handlers.workflow import filter as filter_function
from infra.state_machine.lambdas import RESULT_FIELDS
from tests.handlers.domain.decision.test_policy import POLICY, a_quality

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

pytestmark = pytest.mark.usefixtures("aws")

ENVIRONMENT = {
    "POLICY_PARAMETER": "/scones/policy",
    "POLICY_OVERRIDE_PARAMETER": "/scones/override",
    "AUDIT_SALT_SECRET": "salt",
    "AUDIT_SHARE": "0",
    "ASSIGNMENT_VALID_HOURS": "16",
}


@pytest.fixture(autouse=True)
def _deployed(monkeypatch: pytest.MonkeyPatch, aws: None) -> None:
    del aws
    filter_function._settings.cache_clear()
    filter_function._parameters.cache_clear()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def deploy(policy: str = POLICY, override: str = "{}") -> None:
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/scones/policy", Value=policy, Type="String")
    ssm.put_parameter(Name="/scones/override", Value=override, Type="String")
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
    ("override", "outcome", "counted"), [("stop!", "review", 1), ("{}", "assign", 0)]
)
def test_an_invalid_override_stops_assignment_and_is_counted(
    context: "LambdaContext",
    capsys: pytest.CaptureFixture[str],
    override: str,
    outcome: str,
    counted: int,
) -> None:
    deploy(override=override)
    assert filter_function.lambda_handler(an_event(1.0), context)["outcome"] == outcome
    (emf,) = (line for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line)
    assert json.loads(emf)["PolicyOverrideInvalid"] == [counted]


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
