"""`scones provision`: create a driver, a reviewer or a lead, or reset a second factor."""

import dataclasses
import json
from typing import Annotated

import typer

from infra.cli.errors import exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target
from infra.operations.users import Provisioned, Role, provision, reset_factor


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
    factor: Annotated[
        bool,
        typer.Option(
            "--reset-factor",
            help="For a reviewer or lead whose device is lost: another second factor and another "
            "password; the reset is recorded.",
        ),
    ] = False,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Create a user who can sign in, or add a role; prints password and second factor once.

    Names are in lower case: `Anna` becomes `anna`.

    Exit code: 0 the user can sign in, 2 wrong input or no such stack, 3 nothing runs.
    """
    give_sign_in = reset_factor if factor else provision
    with exit_on_error(interrupted="run it again: it continues where it ended."):
        person = give_sign_in(target(stack), role=role, name=name, password_stays=password_stays)
    if as_document:
        typer.echo(json.dumps(dataclasses.asdict(person), indent=2))
        return
    typer.echo("\n".join(_lines(person)))


def _lines(person: Provisioned) -> list[str]:
    lines = [f"{person.name} can sign in as a {person.role}."]
    if not person.password:
        return [*lines, "The password is unchanged: this user existed before."]
    until = "until the first sign-in" if person.must_change_password else "permanent"
    lines.append(f"Password ({until}): {person.password}")
    if person.second_factor:
        lines += [
            f"Second factor, for an authenticator app: {person.second_factor.uri}",
            f"The same to type in: {person.second_factor.secret}",
        ]
    return lines
