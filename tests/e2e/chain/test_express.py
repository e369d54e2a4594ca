"""The same pipeline with other settings of a stage: EXPRESS, and capture by Classify.

The emulator runs both types of machine alike: these tests show that the stack deploys, starts and
grants correctly. They do not show how AWS differs (five minutes, no list, more than one start).
"""

from collections.abc import Iterator

import pytest

from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.chain.conftest import Chain, chain_of
from tests.e2e.chain.test_photos import captured
from tests.e2e.chain.test_repairs import LONG_AGO, change, sweep

pytestmark = pytest.mark.e2e

SETTINGS = {"workflow_type": "EXPRESS", "capture_writer": "classify"}


@pytest.fixture(scope="module")
def express(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    assembly = synthesize(
        "local", ROOT / ".scones" / "cdk.out.changed-in-tests", overrides=SETTINGS
    )
    with chain_of(assembly, tmp_path_factory) as chain:
        yield chain


def test_a_photo_is_carried_captured_and_taken_over(express: Chain) -> None:
    machine = express.stage.client("stepfunctions").describe_state_machine(
        stateMachineArn=express.stage.outputs["StateMachineArn"]
    )
    assert machine["type"] == "EXPRESS"
    photo = express.upload("intake/x1/express.jpg", express.picture())
    assert express.outcome(photo)["status"] == "assigned"
    assert len(captured(express, photo)) == 1
    change(express, photo, status="received", pending="received", claimed_at=LONG_AGO)
    assert sweep(express)["repaired"] == {"take_over": 1}
    row = express.outcome(photo)
    assert (row["status"], row["attempt"]) == ("assigned", 2)
    assert express.conservation().conserved
