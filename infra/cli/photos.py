"""`scones submit` and `status`: photos of the system that runs in the background."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli import rendering
from infra.cli.errors import NOT_DECIDED, NOT_RUNNING, AsJson, exit_on_error
from infra.local.errors import NotRunning
from infra.local.stage.drop_folder import candidates
from infra.local.stage.state_file import home, read_state, running_state
from infra.operations.outcomes import wait_for
from infra.operations.status import driver_view, overview, photo_row, row_document, steps_of
from infra.operations.upload import NoPhotos, upload_one
from infra.operations.upload_key import key_of, new_upload_id

if TYPE_CHECKING:
    from infra.local.stage.state_file import UpState
    from infra.operations.outcomes import Outcome


def submit(
    files: Annotated[list[Path], typer.Argument(help="Photo files.", metavar="FILE...")],
    *,
    driver: Annotated[str, typer.Option(help="Id of the driver.", metavar="ID")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for their outcomes.")] = False,
    as_document: AsJson = False,
) -> None:
    """Upload photos of one driver to the running system.

    Exit code: 0 uploaded (with --wait: each photo has an outcome), 1 a photo failed or is
    undecided,
    2 wrong input, 3 nothing runs.
    """
    with exit_on_error(interrupted="what was uploaded goes its way."):
        state = running_state(home())
        keyed = [(_readable(file), key_of(driver, _fresh_id(), file)) for file in files]
        session, bucket = state.stage().session(), state.outputs["IntakeBucket"]
        s3 = session.client("s3")
        uploads = [upload_one(s3, bucket=bucket, path=file, key=key) for file, key in keyed]
        ended: dict[str, Outcome] = {}
        if wait:
            for outcome in wait_for(session, state.outputs["PhotosTable"], uploads):
                ended[outcome.upload.photo_id] = outcome
    rows = [rendering.submitted(upload, ended.get(upload.photo_id)) for upload in uploads]
    typer.echo(json.dumps(rows, indent=2) if as_document else rendering.submissions(rows))
    if any(row["outcome"] in {"failed", "in_flight"} for row in rows):
        raise typer.Exit(NOT_DECIDED)


def status(
    photo: Annotated[
        str | None, typer.Argument(help="A photo id, or its first characters.", metavar="PHOTO")
    ] = None,
    *,
    driver: Annotated[
        str | None, typer.Option(help="List the photos of this driver, newest first.", metavar="ID")
    ] = None,
    as_document: AsJson = False,
) -> None:
    """Show the running system, one photo, or the photos of a driver.

    Exit code: 0 running, 2 no such photo, 3 nothing runs or a process is dead.
    """
    with exit_on_error(interrupted="nothing was changed."):
        if photo is not None and driver is not None:
            raise typer.BadParameter("give a photo or --driver, not both")
        if photo is None and driver is None:
            _system(as_document=as_document)
            return
        state = running_state(home())
        document = _photo(state, photo) if photo else _driver(state, driver or "")
    if as_document:
        typer.echo(json.dumps(document, indent=2))
    else:
        typer.echo(rendering.photo(document) if photo else rendering.driver(document))


def _system(*, as_document: bool) -> None:
    try:
        state = running_state(home())
    except NotRunning as error:
        if as_document:
            noted = read_state(home())
            said = noted.status if noted and noted.message else "down"
            typer.echo(json.dumps({"status": said, "message": str(error)}, indent=2))
        raise
    found = overview(state.stage())
    document: dict[str, Any] = {  # Any: JSON
        "status": state.status,
        "since": state.since,
        "endpoint_url": state.endpoint_url,
        "runtime_url": state.runtime_url,
        "page_url": state.page_url or None,
        "review_url": f"{state.api_url}/review" if state.api_url else None,
        "kept": state.keep,
        **dataclasses.asdict(found),
        "in_flight": found.in_flight,
        "processes": {"supervisor": state.is_alive, **found.processes},
        "drop_folder": state.drop_folder or None,
        "drop_folder_waiting": _waiting(state),
    }
    typer.echo(json.dumps(document, indent=2) if as_document else rendering.system(document))
    if not all(document["processes"].values()):
        raise typer.Exit(NOT_RUNNING)


def _photo(state: UpState, photo: str) -> dict[str, Any]:
    row = photo_row(state.stage(), photo)
    steps = [dataclasses.asdict(step) for step in steps_of(state.stage(), row)]
    return {**row_document(row), "steps": steps}


def _driver(state: UpState, driver: str) -> dict[str, Any]:
    view = driver_view(state.stage(), driver)
    return {
        "driver_id": driver,
        "assignment": dataclasses.asdict(view.assignment) if view.assignment else None,
        "photos": [row_document(row) for row in view.photos],
    }


def _waiting(state: UpState) -> int:
    return sum(1 for _ in candidates(Path(state.drop_folder))) if state.drop_folder else 0


def _fresh_id() -> str:
    return new_upload_id(datetime.now(UTC))


def _readable(file: Path) -> Path:
    try:
        with file.open("rb"):
            return file
    except OSError as error:
        raise NoPhotos(f"cannot read {file}: {error.strerror}") from error
