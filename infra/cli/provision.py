"""`scones provision`: create a driver, a reviewer or a lead."""

import dataclasses
import json
from typing import Annotated

import typer

from infra.cli.errors import exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.users import Role, provision


def provision_person(
    role: Annotated[Role, typer.Argument(help="Role of the user.")],
    name: Annotated[str, typer.Argument(help="Sign-in name; for a driver, the driver id.")],
    *,
    password_stays: Annotated[
        bool,
        typer.Option(
            "--password-stays",
            help="Do not ask for a new password at the first sign-in (for tests).",
        ),
    ] = False,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Create a user who can sign in, or add a role; prints the password once.

    Exit code: 0 the user can sign in, 2 wrong input or no such stack, 3 nothing runs.
    """
    with exit_on_error(interrupted="run it again: a user who exists is not changed."):
        person = provision(target(stack), role=role, name=name, password_stays=password_stays)
    if as_document:
        typer.echo(json.dumps(dataclasses.asdict(person), indent=2))
        return
    typer.echo(f"{person.name} can sign in as a {person.role}.")
    if person.password:
        until = "until the first sign-in" if person.must_change_password else "permanent"
        typer.echo(f"Password ({until}): {person.password}")
    else:
        typer.echo("The password is unchanged: this user existed before.")
