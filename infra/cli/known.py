"""`scones known`: photos with a known true answer, to measure reviewers."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.aws.known_items import KnownItems
from handlers.aws.photos_table import PhotosTable
from handlers.domain.decision.policy import Policy
from handlers.domain.ledger.schema import PhotoAttribute
from handlers.domain.review.rules import NEITHER, UNUSABLE
from infra.cli.errors import exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.errors import NoSuchPhoto
from infra.operations.plain_text import plain_text
from infra.operations.status import whole_photo_id

if TYPE_CHECKING:
    from infra.operations.target import Target


def known(
    photo: Annotated[
        str | None,
        typer.Argument(
            help="A photo id; without --stack, its first characters are enough. Without it: list "
            "the known items."
        ),
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
    with exit_on_error(interrupted="run it again."):
        system = target(stack)
        items = KnownItems(system.session.client("dynamodb"), table=system.output("ReviewersTable"))
        if photo is None:
            if forget:
                raise typer.BadParameter("name the photo that is to be removed")
            answers = items.all()
        else:
            answers = _changed(items, system, photo, "" if forget else _answer(system, verdict))
    if as_document:
        typer.echo(json.dumps(answers, indent=2, sort_keys=True))
        return
    for name, answer in sorted(answers.items()):
        typer.echo(f"{plain_text(name)}  {answer or 'no longer known'}")
    if not answers:
        typer.echo("no known items; add one with: scones known PHOTO VERDICT")


def _answer(system: "Target", verdict: str | None) -> str:
    """Return the verdict if a reviewer could give it. Raises: BadParameter."""
    parameter = system.session.client("ssm").get_parameter(Name=system.output("PolicyParameter"))
    policy = Policy.from_json(parameter["Parameter"]["Value"])
    allowed = [*sorted(policy.order_ranges), NEITHER, UNUSABLE]
    if verdict not in allowed:
        raise typer.BadParameter(f"give the true answer: {', '.join(allowed)}")
    return verdict


def _changed(items: KnownItems, system: "Target", photo: str, answer: str) -> dict[str, str]:
    """Remove the known item if `answer` is empty; otherwise add it.

    On this laptop the first characters of the id are enough.
    """
    photo = whole_photo_id(system, photo)
    ledger = PhotosTable(system.session.client("dynamodb"), table=system.output("PhotosTable"))
    row = ledger.row(photo)
    if not answer:
        items.forget(photo)
    elif row is None:
        raise NoSuchPhoto(f"the ledger has no photo {photo}.")
    elif row.get(PhotoAttribute.REVIEW) != "open":
        raise typer.BadParameter(f"photo {photo} has no open review: no reviewer would get it")
    else:
        items.add(photo, answer)
    return {photo: answer}
