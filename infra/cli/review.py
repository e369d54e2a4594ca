"""`scones review`: the reviewers' page of the running system, with somebody to sign in as."""

from __future__ import annotations

import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.errors import CANNOT_RUN, exit_on_error
from infra.local.errors import NotRunning
from infra.local.stage.state_file import home, running_state
from infra.operations.users import PersonRefused, Role, provision, renew_password

if TYPE_CHECKING:
    from infra.local.stage.state_file import UpState

_REVIEWER = "reviewer"


def review(
    *,
    name: Annotated[
        str, typer.Option("--as", help="Reviewer to sign in as; created if missing.")
    ] = _REVIEWER,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the page, or only print its address."),
    ] = True,
) -> None:
    """Open the review page of the running system and print a sign-in for it.

    Exit code: 0 page available, 2 invalid reviewer name, 3 nothing runs.
    """
    with exit_on_error(interrupted="nothing was changed."):
        state = running_state(home())
        if not state.api_url:
            raise NotRunning("it runs without a reviewers' page: `scones down`, then `scones up`.")
        try:
            password = _let_in(state, name)
        except PersonRefused as error:
            typer.echo(f"scones: {error}", err=True)
            raise typer.Exit(CANNOT_RUN) from error
    page = f"{state.api_url}/review"
    typer.echo(f"page      {page}")
    typer.echo(f"sign in   {name}")
    typer.echo(f"password  {password}")
    if browser and not webbrowser.open(page):
        typer.echo("No browser could be opened here: open the page in yours.", err=True)


def _let_in(state: UpState, name: str) -> str:
    """A password that works: a new one each time, for nobody keeps those of one machine."""
    cognito, pool_id = state.stage().client("cognito-idp"), state.outputs["UserPoolId"]
    person = provision(cognito, pool_id=pool_id, role=Role.REVIEWER, name=name, password_stays=True)
    if person.password:
        return person.password
    return renew_password(cognito, pool_id=pool_id, name=name)
