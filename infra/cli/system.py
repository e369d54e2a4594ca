"""`scones up`, `down` and `env`: the system that runs on in the background."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError
from infra.cli.errors import exit_on_error
from infra.cli.target import target_of_laptop
from infra.local.stage.background import UpSettings, start, stop
from infra.local.stage.state_file import home, read_state, running_state
from infra.operations.errors import OperationError
from infra.operations.status import overview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.stage.state_file import UpState

# Where tools that know AWS emulators look first; the same at every start, as bookmarks want it.
PORT, RUNTIME_PORT, PAGE_PORT, API_PORT = 4566, 4567, 4568, 4569
# Settings of the user's that would outrank or contradict those printed.
_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3")


def up(
    *,
    port: Annotated[
        int, typer.Option(help="Port of the AWS emulator; 0 takes any free one.")
    ] = PORT,
    runtime_port: Annotated[
        int, typer.Option(help="Port of the SageMaker runtime; 0 takes any free one.")
    ] = RUNTIME_PORT,
    page_port: Annotated[
        int, typer.Option(help="Port of the status page; 0 takes any free one.")
    ] = PAGE_PORT,
    api_port: Annotated[
        int, typer.Option(help="Port of the API and the review page; 0 takes any free one.")
    ] = API_PORT,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep tables, queues and bucket contents until the next `up`."),
    ] = False,
    drop_folder: Annotated[
        Path | None,
        typer.Option(help="Upload files put into this folder; a sub-folder names the driver."),
    ] = None,
) -> None:
    """Start the whole system in the background and print its addresses.

    Does nothing if it runs already; refuses options other than those that it was started with.

    Exit code: 0 running, 2 could not start or runs with other options, 130 interrupted.
    """
    settings = UpSettings(
        port=port,
        runtime_port=runtime_port,
        page_port=page_port,
        api_port=api_port,
        keep=keep,
        drop_folder=drop_folder.absolute() if drop_folder else None,
    )
    with exit_on_error(interrupted="the processes that had started were stopped."):
        state, started = start(home(), settings, step=_show_step)
        if not started:
            _refuse_other_settings(state, settings)
    typer.echo("ready" if started else "running already, with the settings it was started with")
    typer.echo(_addresses(state))
    typer.echo("next: scones submit FILE --driver ID --wait · scones status · scones review")
    typer.echo('      eval "$(scones env)"')


def _refuse_other_settings(state: "UpState", wanted: UpSettings) -> None:
    """Raises: BadParameter, if an option would have no effect on the system that runs."""
    ports = (
        (wanted.port, PORT, urlsplit(state.endpoint_url).port),
        (wanted.runtime_port, RUNTIME_PORT, urlsplit(state.runtime_url).port),
        (wanted.page_port, PAGE_PORT, urlsplit(state.page_url).port),
        (wanted.api_port, API_PORT, urlsplit(state.api_url).port),
    )
    is_other = (
        (wanted.keep and not state.keep)
        or (wanted.drop_folder and str(wanted.drop_folder) != state.drop_folder)
        or any(port not in (0, default, actual) for port, default, actual in ports)
    )
    if is_other:
        raise typer.BadParameter(
            "it runs already, with other options: `scones status` shows them. `scones down` first, "
            "which discards its photos unless it was started with --keep"
        )


def down(
    *,
    discard: Annotated[
        bool, typer.Option("--discard", help="Also remove the state that `up --keep` kept.")
    ] = False,
) -> None:
    """Stop the system; removes its state unless it was started with `up --keep`.

    Does nothing if it is stopped already. Exit code: 0 stopped, 2 a process does not end.
    """
    with exit_on_error(interrupted="it may still be stopping: `scones status`."):
        discarded = _photos_to_discard(discard=discard)
        ran = stop(home(), discard=discard)
    if not ran:
        typer.echo("nothing was running")
    elif discarded:
        typer.echo(f"stopped; {discarded} photos discarded (`scones up --keep` keeps them)")
    else:
        typer.echo("stopped")


def _photos_to_discard(*, discard: bool) -> int:
    """Return the number of photos that stopping discards; 0 if they are kept or unknown."""
    state = read_state(home())
    if state is None or not state.is_alive or (state.keep and not discard):
        return 0
    try:
        figures = overview(target_of_laptop(state), now=datetime.now(UTC))
    except (BotoCoreError, ClientError, OperationError, SconesError):
        return 0  # it does not answer: it is stopped all the same
    return sum(figures.photos.values())


def env() -> None:
    """Print environment settings for the `aws` command line and the AWS SDKs.

    Exit code: 0 printed, 3 nothing runs.
    """
    with exit_on_error(interrupted="nothing was changed."):
        state = running_state(home())
    for line in env_lines(state.stage().environment, state.outputs):
        typer.echo(line)


def env_lines(environment: "Mapping[str, str]", outputs: "Mapping[str, str]") -> list[str]:
    """Return lines for a POSIX shell; the stack's outputs become variables SCONES_…"""
    settings = {name: value for name, value in environment.items() if name not in _UNSET}
    settings["no_proxy"] = environment.get("NO_PROXY", "")  # takes precedence over NO_PROXY
    settings |= {f"SCONES_{_upper(name)}": value for name, value in sorted(outputs.items())}
    exports = [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
    return [f"unset {' '.join(_UNSET)}", *exports]


def _upper(name: str) -> str:
    """Return IntakeBucket as INTAKE_BUCKET."""
    words = "".join(f"_{char}" if char.isupper() else char for char in name)
    return words.lstrip("_").upper()


def _addresses(state: "UpState") -> str:
    lines = [
        ("AWS endpoint", state.endpoint_url),
        ("SageMaker runtime", state.runtime_url),
        ("status page", state.page_url),
        ("API", state.api_url),
        ("review page", f"{state.api_url}/review" if state.api_url else ""),
        ("drop folder", state.drop_folder),
        ("state kept", "yes" if state.keep else "no (--keep)"),
    ]
    return "\n".join(f"  {name:<18}{value}" for name, value in lines if value)


def _show_step(what: str) -> None:
    typer.echo(f"{what} …", err=True)
