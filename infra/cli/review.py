"""`scones review`: open the review page of a system, and show how to sign in."""

import webbrowser
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.errors import exit_on_error
from infra.cli.options import Stack
from infra.cli.target import target, target_of_laptop
from infra.local.errors import NotRunning
from infra.local.stage.state_file import home, running_state
from infra.operations.users import Provisioned, Role, provision, reset_factor

if TYPE_CHECKING:
    from infra.operations.target import Target

_TEST_REVIEWER = "reviewer"


def review(
    *,
    name: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="Reviewer to sign in as; created if missing. Default: a test reviewer, "
            "with --stack none.",
            metavar="NAME",
        ),
    ] = None,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the page, or only print its address."),
    ] = True,
    stack: Stack = None,
) -> None:
    """Open the review page of a system and print how to sign in.

    Exit code: 0 page available, 2 invalid reviewer name or no such stack, 3 nothing runs.
    """
    with exit_on_error(interrupted="nothing was changed."):
        if stack is None:
            page, sign_in = _on_laptop(name or _TEST_REVIEWER)
        else:
            page, sign_in = _deployed(target(stack), name, stack)
    typer.echo("\n".join([f"page      {page}", *sign_in]))
    if browser and not webbrowser.open(page):
        typer.echo("No browser could be opened here: open the page in yours.", err=True)


def _on_laptop(name: str) -> tuple[str, list[str]]:
    """Return the page and the sign-in of a reviewer, which is set anew each time.

    No person keeps the passwords and authenticators of one laptop's system.
    """
    state = running_state(home())
    if not state.api_url:
        raise NotRunning("it runs without a review page: `scones down`, then `scones up`.")
    system = target_of_laptop(state)
    person = provision(system, role=Role.REVIEWER, name=name, password_stays=True)
    if person.second_factor is None:
        person = reset_factor(system, role=Role.REVIEWER, name=name, password_stays=True)
    return f"{state.api_url}/review", _sign_in(person)


def _sign_in(person: Provisioned) -> list[str]:
    lines = [f"sign in   {person.name}", f"password  {person.password}"]
    if person.second_factor is None:
        return lines
    code, until = person.second_factor.unused_code(datetime.now(UTC))
    return [
        *lines,
        f"code      {code} (once, until {until:%H:%M:%S} UTC; run this again for another)",
        f"secret    {person.second_factor.secret} (for an authenticator app)",
    ]


def _deployed(system: "Target", name: str | None, stack: str) -> tuple[str, list[str]]:
    """Return the page and the sign-in; a person is created only if one was named."""
    page = f"{system.output('ApiUrl')}/review"
    if name is None:
        own = "with your own name: no test reviewer is created on a deployed stage."
        create = f"create one with `scones provision reviewer NAME --stack {stack}`"
        return page, [f"sign in   {own}", f"reviewer  {create}"]
    person = provision(system, role=Role.REVIEWER, name=name)
    lines = [f"sign in   {person.name}", "password  unchanged"]
    if person.second_factor:
        lines[1:] = [
            f"password  {person.password} (until the first sign-in)",
            f"secret    {person.second_factor.secret} (for an authenticator app)",
        ]
    return page, lines
