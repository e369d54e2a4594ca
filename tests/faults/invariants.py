"""What must hold once everything is quiet: nothing lost, nothing double, nothing wrong."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3

from monitoring.reconciliation.checker import ConservationResult, check
from monitoring.reconciliation.inventory import Inventory
from monitoring.reconciliation.inventory_reader import read_inventory
from tests.faults.stage import BICYCLE, MOTORCYCLE, FaultyStage

LOST, DOUBLE, MISJUDGED, FAILED = "lost", "double", "wrong", "failed"
Breach = tuple[str, str]  # one of the four, and a detail

_EVERYTHING_IS_DUE = timedelta(days=-4)
_DOUBLE_RULES = {
    "assignment_without_decision",
    "decisions_out_of_order",
    "wrong_identity",
    "lease_without_review",
}
_WRONG_RULES = {"unjustified_assignment", "decision_undone_silently", "decided_without_verdict"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Everything that is stored, at one moment."""

    inventory: Inventory
    conservation: ConservationResult

    @property
    def is_quiet(self) -> bool:
        """Whether no photo is in flight and nothing is left to repair."""
        return not self.conservation.violations and not self.conservation.totals["in_flight"]


def examine(stage: FaultyStage) -> Examination:
    """Read everything; whatever should follow from it is due by now."""
    inventory = read_inventory(boto3.Session(), stage.pipeline.places(), read_queues=True)
    return Examination(inventory=inventory, conservation=check(inventory, grace=_EVERYTHING_IS_DUE))


def breaches(stage: FaultyStage, examination: Examination, *, may_fail: bool) -> list[Breach]:
    """Return every breach; `failed` is a photo that failed although its fault passes with time."""
    rows = {row["photo_id"]: row for row in stage.pipeline.workflow.photos()}
    return [
        *_of_conservation(stage, examination),
        *wrong_assignments(stage),
        *_of_reviewers(stage, rows),
        *(
            (FAILED, f"{row['key']} failed with {row['reason']}")
            for row in rows.values()
            if row["status"] == "failed" and not may_fail
        ),
    ]


def contents(stage: FaultyStage) -> Any:
    """Return what a replay of every event must leave as it is."""
    workflow = stage.pipeline.workflow
    rows = sorted(workflow.photos(), key=lambda row: str(row["photo_id"]))
    return rows, sorted(workflow.assignments(), key=lambda row: str(row["driver_id"]))


def _of_conservation(stage: FaultyStage, examination: Examination) -> Iterator[Breach]:
    result, inventory = examination.conservation, examination.inventory
    for violation in result.violations:
        kinds = {DOUBLE: _DOUBLE_RULES, MISJUDGED: _WRONG_RULES}
        kind = next((kind for kind, rules in kinds.items() if violation.rule in rules), LOST)
        yield kind, f"{violation.rule}: {violation.detail}"
    if result.totals["in_flight"]:
        yield LOST, f"{result.totals['in_flight']} in flight for ever"
    known = Counter(row.photo_id for row in inventory.ledger)
    for photo in stage.kinds.keys() - known.keys():
        yield LOST, f"{photo} has no row"
    for photo in known.keys() - stage.kinds.keys():
        yield DOUBLE, f"the row {photo} is of no object version"


def wrong_assignments(stage: FaultyStage) -> Iterator[Breach]:
    """Yield the assignments without a person that are wrong at this moment."""
    for row in stage.pipeline.workflow.photos():
        photo = row["photo_id"]
        if row["status"] != "assigned" or row["decided_by"] != "model":
            continue
        kind = stage.kinds.get(photo)
        if kind not in {BICYCLE, MOTORCYCLE} or row["vehicle"] != kind:
            yield MISJUDGED, f"{kind} is assigned as {row['vehicle']} without a person"
        if photo in stage.unassignable:
            yield MISJUDGED, f"{row['key']} is assigned while assignment is stopped"


def _of_reviewers(stage: FaultyStage, rows: dict[str, dict[str, Any]]) -> Iterator[Breach]:
    """Each accepted request is one decision; one without a reply may be one, and none is two."""
    for photo, row in rows.items():
        recorded = Counter(
            "undo" if decision["kind"] == "undo" else "verdict"
            for decision in row.get("decisions", [])
        )
        for kind in ("verdict", "undo"):
            requests = [one for one in stage.submissions if (one.photo, one.kind) == (photo, kind)]
            # A repeat is accepted and changes nothing: what it asks for names it, not its key.
            accepted = len({str(one.body) for one in requests if one.status == 200})
            unknown = sum(one.status is None for one in requests)
            if recorded[kind] < accepted:
                yield LOST, f"{accepted} of {kind} were accepted, {recorded[kind]} recorded"
            if recorded[kind] > accepted + unknown:
                yield DOUBLE, f"{accepted} of {kind} were accepted, {recorded[kind]} recorded"
