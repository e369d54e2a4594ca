"""`scones provision`: lets a driver, a reviewer or a lead in."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import boto3
import typer

from infra.cli.errors import CANNOT_RUN, AsJson, exit_on_error
from infra.local.stage.state_file import home, running_state
from infra.operations.users import PersonRefused, Role, pool_of_stage, provision

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_LOCAL = "local"


def provision_person(
    role: Annotated[Role, typer.Argument(help="The role of the user.")],
    name: Annotated[str, typer.Argument(help="Name to sign in with; for a driver, the driver id.")],
    *,
    stage: Annotated[
        str, typer.Option(help="`local` for the running system, or a deployed stage.")
    ] = _LOCAL,
    password_stays: Annotated[
        bool,
        typer.Option(
            "--password-stays",
            help="Do not ask for a new password at the first sign-in (for tests).",
        ),
    ] = False,
    as_document: AsJson = False,
) -> None:
    """Create a user who can sign in, or change a role; prints the password once.

    Exit code: 0 the user can sign in, 2 wrong input or no such stage, 3 nothing runs.
    """
    with exit_on_error(interrupted="try again: twice is once."):
        try:
            cognito, pool_id = _pool(stage)
            person = provision(
                cognito, pool_id=pool_id, role=role, name=name, password_stays=password_stays
            )
        except PersonRefused as error:
            typer.echo(f"scones: {error}", err=True)
            raise typer.Exit(CANNOT_RUN) from error
    if as_document:
        typer.echo(json.dumps(dataclasses.asdict(person), indent=2))
        return
    typer.echo(f"{person.name} can sign in as a {person.role}.")
    if person.password:
        until = "until the first sign-in" if person.must_change_password else "for good"
        typer.echo(f"Password ({until}): {person.password}")
    else:
        typer.echo("The password is the one that this person has.")


def _pool(stage: str) -> tuple[CognitoIdentityProviderClient, str]:
    """The pool of the running system, or that of a stack in the account of the credentials."""
    if stage == _LOCAL:
        state = running_state(home())
        return state.stage().client("cognito-idp"), state.outputs["UserPoolId"]
    return boto3.client("cognito-idp"), pool_of_stage(boto3.client("cloudformation"), stage)
