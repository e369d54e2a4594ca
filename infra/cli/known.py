"""`scones known`: photos whose truth is known, to see how often reviewers are right."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.aws.known_items import KnownItems
from handlers.aws.photos_table import PhotosTable
from handlers.domain.decision.policy import Policy
from handlers.domain.review.rules import NEITHER, UNUSABLE
from infra.cli.errors import AsJson, exit_on_error, plain_text
from infra.cli.reconciliation import Stack
from infra.cli.target import target
from infra.operations.status import NoSuchPhoto

if TYPE_CHECKING:
    from infra.cli.target import Target


def known(
    photo: Annotated[
        str | None, typer.Argument(help="A whole photo id. Without it: list the known items.")
    ] = None,
    verdict: Annotated[
        str | None, typer.Argument(help="The true answer: a vehicle, neither or unusable.")
    ] = None,
    *,
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove the known item; earlier counts stay.")
    ] = False,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Mark an open review as a known item, to measure how often reviewers are right.

    The reviewer cannot see that the answer is known. The report and the leads' agreement view
    show how often reviewers match known items.

    Exit code: 0 done, 2 wrong input, 3 nothing runs.
    """
    with exit_on_error(interrupted="try again: twice is once."):
        system = target(stack)
        items = KnownItems(
            system.session.client("dynamodb"), table=system.outputs["ReviewersTable"]
        )
        if photo is None:
            if forget:
                raise typer.BadParameter("which photo is to be forgotten?")
            found = items.all()
        else:
            found = _changed(items, system, photo, "" if forget else _truth(system, verdict))
    if as_document:
        typer.echo(json.dumps(found, indent=2, sort_keys=True))
        return
    for name, truth in sorted(found.items()):
        typer.echo(f"{plain_text(name)}  {truth or 'no longer known'}")
    if not found:
        typer.echo("no photo is known: scones known PHOTO VERDICT")


def _truth(system: "Target", verdict: str | None) -> str:
    """What a reviewer could say."""
    parameter = system.session.client("ssm").get_parameter(Name=system.outputs["PolicyParameter"])
    policy = Policy.from_json(parameter["Parameter"]["Value"])
    allowed = [*sorted(policy.order_ranges), NEITHER, UNUSABLE]
    if verdict not in allowed:
        raise typer.BadParameter(f"say what it shows: {', '.join(allowed)}")
    return verdict


def _changed(items: KnownItems, system: "Target", photo: str, truth: str) -> dict[str, str]:
    ledger = PhotosTable(system.session.client("dynamodb"), table=system.outputs["PhotosTable"])
    row = ledger.row(photo)
    if not truth:
        items.forget(photo)
    elif row is None:
        raise NoSuchPhoto(f"the ledger knows no photo {photo}.")
    elif row.get("review") != "open":
        raise typer.BadParameter(f"photo {photo} waits for no review: nobody would be asked")
    else:
        items.add(photo, truth)
    return {photo: truth}
