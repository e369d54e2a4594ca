"""`scones known`: the true answer of a photo is stored before a reviewer gets it."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from handlers.domain.ledger.schema import REVIEWERS
from infra.cli import app, known
from infra.operations.target import Target
from tests.tables import create_photos_table, create_table

WAITING, DECIDED = "a" * 64, "b" * 64


@pytest.fixture
def _system(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with mock_aws():
        create_photos_table()
        dynamodb = boto3.resource("dynamodb")
        for photo, review in ((WAITING, "open"), (DECIDED, "done")):
            dynamodb.Table("photos").put_item(Item={"photo_id": photo, "review": review})
        create_table(boto3.client("dynamodb"), REVIEWERS, "reviewers")
        policy = {"models": {}, "order_ranges": {"car": "nearby", "van": "distant"}}
        boto3.client("ssm").put_parameter(Name="policy", Value=json.dumps(policy), Type="String")
        outputs = {
            "PhotosTable": "photos",
            "ReviewersTable": "reviewers",
            "PolicyParameter": "policy",
        }
        target = Target(session=boto3.Session(), outputs=outputs, stage="local", is_deployed=False)
        monkeypatch.setattr(known, "target", lambda _stack: target)
        yield


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["known", *arguments])


def listed() -> dict[str, str]:
    items: dict[str, str] = json.loads(call("--json").stdout)
    return items


@pytest.mark.usefixtures("_system")
def test_a_photo_is_known_until_it_is_forgotten() -> None:
    assert call(WAITING, "van").exit_code == 0
    assert call(WAITING, "neither").exit_code == 0
    assert listed() == {WAITING: "neither"}
    assert call(WAITING, "--forget").exit_code == 0
    assert listed() == {}
    assert "scones known PHOTO VERDICT" in call().stdout


@pytest.mark.usefixtures("_system")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((WAITING, "boat"), "car, van, neither, unusable"),
        ((WAITING,), "car, van, neither, unusable"),
        ((DECIDED, "van"), "has no open review"),
        (("c" * 64, "van"), "has no photo"),
        (("--forget",), "name the photo"),
    ],
)
def test_a_photo_that_cannot_be_a_known_item_is_refused_with_a_sentence(
    arguments: tuple[str, ...], sentence: str
) -> None:
    refused = call(*arguments)
    assert refused.exit_code == 2
    assert sentence in " ".join(refused.stderr.replace("│", " ").split())
    assert listed() == {}


@pytest.mark.usefixtures("_system")
def test_the_first_characters_of_an_id_are_enough() -> None:
    assert call(WAITING[:8], "van").exit_code == 0
    assert listed() == {WAITING: "van"}
    refused = call("c" * 8, "van")
    assert (refused.exit_code, refused.stderr) == (
        2,
        f"scones: the ledger has no photo {'c' * 8}.\n",
    )
