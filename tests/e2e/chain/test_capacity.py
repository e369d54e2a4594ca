"""Bursts and outages on a stage that throttles as an AWS account does: photos wait, none fails."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.chain.conftest import Chain, chain_of

pytestmark = pytest.mark.e2e

CONCURRENCY = 3
BURST = 12
WAIT_S = 240


@pytest.fixture(scope="module")
def small_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A stage in an account of few concurrent functions."""
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    with chain_of(
        assembly, tmp_path_factory, workers=CONCURRENCY, concurrency=CONCURRENCY
    ) as chain:
        yield chain


def rows(chain: Chain, photos: list[str]) -> list[dict[str, object]]:
    return [row for row in map(chain.row, photos) if row is not None]


def statuses(chain: Chain, photos: list[str]) -> Counter[str]:
    return Counter(str(row["status"]) for row in rows(chain, photos))


def parked(chain: Chain, photos: list[str]) -> Counter[str]:
    """Count the reasons of parked photos."""
    return Counter(
        str(row["parked_reason"]) for row in rows(chain, photos) if "parked_reason" in row
    )


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.5)
    return False


def drain(chain: Chain) -> None:
    """Begin a round of the drain; the account's limit may throttle this call, too."""
    functions = chain.stage.client("lambda")
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            functions.invoke(
                FunctionName=chain.stage.outputs["DrainFunction"], InvocationType="Event"
            )
        except functions.exceptions.TooManyRequestsException:
            time.sleep(0.2)
            continue
        return
    pytest.fail("the drain was throttled all the time")


def assert_all_decided(chain: Chain, photos: list[str]) -> None:
    assert eventually(lambda: statuses(chain, photos) == {"assigned": len(photos)}), (
        statuses(chain, photos),
        parked(chain, photos),
    )
    result = chain.conservation()
    assert result.conserved, result
    assert result.totals["failed"] == 0


@contextmanager
def changed_endpoint(chain: Chain, url: str) -> Iterator[None]:
    """Let Classify call another address instead of the endpoint."""
    functions = chain.stage.client("lambda")
    name = chain.stage.outputs["ClassifyFunction"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables = {**before, "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def test_a_burst_beyond_the_accounts_limit_is_decided(small_account: Chain) -> None:
    chain = small_account
    photos = [
        chain.upload(f"intake/burst{number}/u.jpg", chain.picture()) for number in range(BURST)
    ]
    assert_all_decided(chain, photos)
    histories = (
        chain.stage.client("stepfunctions").get_execution_history(
            executionArn=execution["executionArn"], maxResults=200
        )
        for execution in chain.executions()
    )
    throttled = sum("TooManyRequests" in json.dumps(history, default=str) for history in histories)
    assert throttled > 0, "the stage did not throttle: the test shows nothing"


def test_an_endpoint_that_refuses_parks_photos_until_it_answers(small_account: Chain) -> None:
    chain = small_account
    with changed_endpoint(chain, "http://127.0.0.1:1"):
        photos = [
            chain.upload(f"intake/outage{number}/u.jpg", chain.picture()) for number in range(5)
        ]
        assert eventually(lambda: parked(chain, photos).total() == len(photos)), (
            statuses(chain, photos),
            parked(chain, photos),
        )
        reasons = parked(chain, photos)
        assert reasons.keys() <= {"BreakerOpen", "EndpointUnavailable"}
        assert statuses(chain, photos) == {"received": len(photos)}
    drain(chain)
    assert_all_decided(chain, photos)


def test_a_function_without_concurrency_is_waited_for(small_account: Chain) -> None:
    chain = small_account
    functions, name = chain.stage.client("lambda"), chain.stage.outputs["ClassifyFunction"]
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    photos = []
    try:
        for number in range(3):
            photos.append(chain.upload(f"intake/none{number}/u.jpg", chain.picture()))
            time.sleep(0.5)
    finally:
        functions.delete_function_concurrency(FunctionName=name)
    assert_all_decided(chain, photos)
