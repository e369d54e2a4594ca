"""`scones submit` and `status`: upload photos, and show a system, a photo or a driver."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli import rendering
from infra.cli.errors import NOT_DECIDED, NOT_RUNNING, exit_on_error
from infra.cli.options import AsJson, Stack
from infra.cli.target import target, target_of_laptop
from infra.local.errors import NotRunning
from infra.local.stage.drop_folder import candidates
from infra.local.stage.state_file import home, is_running, read_state, running_state
from infra.operations.outcomes import wait_for
from infra.operations.status import driver_view, overview, photo_row, row_document, steps_of
from infra.operations.upload import files_in
from infra.operations.upload import submit as upload

if TYPE_CHECKING:
    from infra.local.stage.state_file import UpState
    from infra.operations.outcomes import Outcome
    from infra.operations.target import Target


def submit(
    files: Annotated[
        list[Path], typer.Argument(help="Photo files, or folders of photos.", metavar="FILE...")
    ],
    *,
    driver: Annotated[str, typer.Option(help="Id of the driver.", metavar="ID")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for their outcomes.")] = False,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Upload photos of one driver.

    Exit code: 0 uploaded (with --wait: each photo has an outcome), 1 a photo failed or is
    undecided, 2 wrong input, 3 nothing runs.
    """
    with exit_on_error(interrupted="photos that were uploaded are processed."):
        system = target(stack)
        uploads = upload(
            system,
            [file for place in files for file in (files_in(place) if place.is_dir() else (place,))],
            driver_id=driver,
        )
        outcomes: dict[str, Outcome] = {}
        if wait:
            for outcome in wait_for(system, uploads):
                outcomes[outcome.upload.photo_id] = outcome
    rows = [
        rendering.submitted_document(submitted, outcomes.get(submitted.photo_id))
        for submitted in uploads
    ]
    typer.echo(json.dumps(rows, indent=2) if as_document else rendering.submissions(rows))
    if any(row["outcome"] in {"failed", "in_flight"} for row in rows):
        raise typer.Exit(NOT_DECIDED)


def status(
    photo: Annotated[
        str | None,
        typer.Argument(
            help="A photo id; without --stack, its first characters are enough.", metavar="PHOTO"
        ),
    ] = None,
    *,
    driver: Annotated[
        str | None, typer.Option(help="List the photos of this driver, newest first.", metavar="ID")
    ] = None,
    stack: Stack = None,
    as_document: AsJson = False,
) -> None:
    """Show the system, one photo, or the photos of a driver.

    Of a deployed stage, the photos of the last 24 hours are counted; its processes are AWS's own.

    Exit code: 0 running, 2 no such photo or stack, 3 nothing runs or a process is dead.
    """
    with exit_on_error(interrupted="nothing was changed."):
        if photo is not None and driver is not None:
            raise typer.BadParameter("give a photo or --driver, not both")
        if photo is None and driver is None:
            _show_system(stack, as_document=as_document)
            return
        system = target(stack)
        document = _photo(system, photo) if photo else _driver(system, driver or "")
    if as_document:
        typer.echo(json.dumps(document, indent=2))
    else:
        typer.echo(rendering.photo(document) if photo else rendering.driver(document))


def _show_system(stack: str | None, *, as_document: bool) -> None:
    if stack is not None:
        system = target(stack)
        document = _system(system, review_url=_review_url(system.outputs.get("ApiUrl", "")))
    else:
        state = _running(as_document=as_document)
        document = _system(
            target_of_laptop(state), review_url=_review_url(state.api_url)
        ) | _laptop(state)
    typer.echo(json.dumps(document, indent=2) if as_document else rendering.system(document))
    if not all(document["processes"].values()):
        raise typer.Exit(NOT_RUNNING)


def _running(*, as_document: bool) -> "UpState":
    """With --json, a system that does not run is described on standard output, too."""
    try:
        return running_state(home())
    except NotRunning as error:
        if as_document:
            state = read_state(home())
            last_status = state.status if state and state.message else "down"
            typer.echo(json.dumps({"status": last_status, "message": str(error)}, indent=2))
        raise


def _system(system: "Target", *, review_url: str | None) -> dict[str, Any]:  # Any: JSON
    """What is known of every system; the rest, of this laptop only, is empty."""
    figures = overview(system, now=datetime.now(UTC))
    return {
        "stage": system.stage,
        "status": system.status,
        "since": system.since,
        "endpoint_url": None,
        "runtime_url": None,
        "page_url": None,
        "review_url": review_url,
        "kept": None,
        **dataclasses.asdict(figures),
        "in_flight": figures.in_flight,
        "processes": {},
        "drop_folder": None,
        "drop_folder_waiting": 0,
    }


def _laptop(state: "UpState") -> dict[str, Any]:  # Any: JSON
    alive = {name: is_running(pid) for name, pid in state.processes.items()}
    return {
        "endpoint_url": state.endpoint_url,
        "runtime_url": state.runtime_url,
        "page_url": state.page_url or None,
        "kept": state.keep,
        "processes": {"supervisor": state.is_alive, **alive},
        "drop_folder": state.drop_folder or None,
        "drop_folder_waiting": _waiting(state),
    }


def _photo(system: "Target", photo: str) -> dict[str, Any]:  # Any: JSON
    row = photo_row(system, photo)
    steps = steps_of(system, row)
    return {
        **row_document(row),
        "steps": None if steps is None else [dataclasses.asdict(step) for step in steps],
    }


def _driver(system: "Target", driver: str) -> dict[str, Any]:  # Any: JSON
    view = driver_view(system, driver)
    if not view.photos:  # other writers may spell a driver with capitals, `submit` does not
        driver = driver.lower()
        view = driver_view(system, driver)
    return {
        "driver_id": driver,
        "assignment": dataclasses.asdict(view.assignment) if view.assignment else None,
        "photos": [row_document(row) for row in view.photos],
        "unreadable": list(view.unreadable),
    }


def _review_url(api_url: str) -> str | None:
    return f"{api_url}/review" if api_url else None


def _waiting(state: "UpState") -> int:
    return sum(1 for _ in candidates(Path(state.drop_folder))) if state.drop_folder else 0
