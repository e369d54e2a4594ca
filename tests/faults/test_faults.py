"""The short form of the fault matrix, and proof that it sees a protection that is gone."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.dynamodb.models import DynamoDBBackend

from handlers.aws.dynamodb import item_of
from handlers.domain.decision.policy import ModelPolicy, Policy
from tests.conftest import ROOT
from tests.faults.__main__ import DOCUMENT
from tests.faults.catalogue import CATALOGUE
from tests.faults.invariants import DOUBLE, LOST, MISJUDGED
from tests.faults.results import ResultFile, all_results, table
from tests.faults.runs import RunResult, run
from tests.faults.stage import FaultyStage, faulty_stage

SEED = 20261130
NUMBERS = range(0, len(CATALOGUE), 4)  # `make faults` runs all classes


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[FaultyStage]:
    with pytest.MonkeyPatch.context() as patch, faulty_stage(patch) as stage:
        yield stage


@pytest.fixture
def stage(shared_stage: FaultyStage) -> FaultyStage:
    shared_stage.restore_environment()
    return shared_stage


def number_of(fault: str) -> int:
    return next(number for number, known in enumerate(CATALOGUE) if known.name == fault)


def kinds(result: RunResult) -> set[str]:
    return {kind for kind, _ in result.breaches}


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: CATALOGUE[number].name)
def test_a_fault_loses_doubles_and_misjudges_nothing(stage: FaultyStage, number: int) -> None:
    assert run(stage, number, seed=SEED).breaches == ()


def test_a_lost_event_without_a_sweeper_is_a_lost_photo(
    stage: FaultyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FaultyStage, "sweep", lambda _stage, *, hours: None)  # noqa: ARG005 # sweep's names
    assert LOST in kinds(run(stage, number_of("never delivered"), seed=SEED))


def test_a_claim_without_its_condition_doubles_work(stage: FaultyStage) -> None:
    def edit(machine: dict[str, Any]) -> None:
        del machine["States"]["ClaimOfDriver"]["Parameters"]["ConditionExpression"]
        del machine["States"]["ClaimOfDriver"]["Parameters"]["ExpressionAttributeValues"][
            ":requeued"
        ]

    workflow = stage.pipeline.workflow
    deployed, workflow.state_machine_arn = workflow.state_machine_arn, workflow.deploy(edit)
    result = run(stage, number_of("out of order"), seed=SEED)
    workflow.state_machine_arn = deployed
    assert DOUBLE in kinds(result)


def test_a_policy_that_takes_any_classes_assigns_wrongly(
    stage: FaultyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    any_model = ModelPolicy(classes=frozenset(), threshold=0.9)
    monkeypatch.setattr(Policy, "model_of", lambda _policy, _prediction: any_model)
    fault = number_of("classes of another model, or an unknown model")
    assert MISJUDGED in kinds(run(stage, fault, seed=SEED))


def test_a_transaction_that_fails_undoes_no_write_of_another_thread(
    stage: FaultyStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.reset()
    dynamodb = boto3.client("dynamodb")
    writes: list[threading.Thread] = []

    def write() -> None:
        dynamodb.put_item(TableName="controls", Item=item_of({"name": "written", "seq": 1}))

    def read_meanwhile(backend: DynamoDBBackend, *args: Any, **options: Any) -> Any:
        if not writes:  # the transaction reads what its condition is about
            writes.append(threading.Thread(target=write))
            writes[0].start()
            writes[0].join(0.2)
        return real(backend, *args, **options)

    real = DynamoDBBackend.get_item
    monkeypatch.setattr(DynamoDBBackend, "get_item", read_meanwhile)
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "ConditionCheck": {
                        "TableName": "controls",
                        "Key": item_of({"name": "absent"}),
                        "ConditionExpression": "attribute_exists(seq)",
                    }
                }
            ]
        )
    writes[0].join()
    assert "Item" in dynamodb.get_item(TableName="controls", Key=item_of({"name": "written"}))


def test_an_interrupted_seed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    results = ResultFile(tmp_path, seed=1)
    assert results.next_number() == 0
    first = RunResult(
        number=0,
        seed=1,
        fault=CATALOGUE[0].name,
        place=CATALOGUE[0].place,
        breaches=((LOST, "detail"),),
    )
    results.append(first)
    assert ResultFile(tmp_path, seed=1).next_number() == 1
    assert ResultFile(tmp_path, seed=2).next_number() == 0
    assert all_results(tmp_path) == [first]


def test_only_runs_whose_fault_has_come_are_counted() -> None:
    names = {"fault": CATALOGUE[0].name, "place": CATALOGUE[0].place, "seed": 1}
    runs = [RunResult(number=0, **names), RunResult(number=1, fired=False, **names)]  # type: ignore[arg-type] # of three types
    first_row = table(runs).splitlines()[2]
    assert first_row.startswith(f"| events | {CATALOGUE[0].name} | 1 | 0 | 0 | 0 |")


def test_the_document_has_a_row_for_each_class() -> None:
    text = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [\d,]+ \|", text, re.MULTILINE)
    assert rows == [(fault.place, fault.name) for fault in CATALOGUE]
