"""`scones doctor`: is a stage as its settings ask, and does everything in it work?"""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.errors import PROBLEMS, exit_on_error
from infra.cli.options import AsJson, Stack, Stages
from infra.cli.target import target
from infra.config import STAGES_FOLDER
from infra.operations.plain_text import plain_text

if TYPE_CHECKING:
    from infra.operations.doctor.stage_check import Diagnosis

_LOCAL = "local"


def doctor(
    stage: Annotated[
        str | None,
        typer.Argument(help="prod, or local: the system of this laptop, the default."),
    ] = None,
    *,
    test_alarm: Annotated[
        bool,
        typer.Option(
            "--test-alarm",
            help="Also let an alarm of its own send a message, marked as a test, to the addresses "
            "for alarms.",
        ),
    ] = False,
    stack: Stack = None,
    stages: Stages = STAGES_FOLDER,
    as_document: AsJson = False,
) -> None:
    """Check subscriptions, endpoint, model, capture, triggers, queues and quotas of a stage.

    Reads only, except with --test-alarm. What cannot be checked is listed with the reason and is
    never counted as sound.

    Exit code: 0 no problem, 1 problems, 2 could not run, 3 nothing runs.
    """
    # The checks read a model's archive, whose reader takes half a second to import.
    from infra.operations.doctor.catalogue import examine_stage  # noqa: PLC0415 # as above
    from infra.operations.doctor.examined_stage import ExaminedStage  # noqa: PLC0415 # as above

    if stage and stack:
        raise typer.BadParameter("give a stage or --stack")
    if stage and stage != _LOCAL:
        stack = f"Scones-{stage}-Pipeline"
    with exit_on_error(interrupted="nothing was changed."):
        examined = ExaminedStage.of(
            target(stack, stages=stages),
            now=datetime.now(UTC),
            sends_test_alarm=test_alarm,
            stages=stages,
        )
        diagnoses = list(examine_stage(examined))
    if as_document:
        typer.echo(json.dumps([_document(diagnosis) for diagnosis in diagnoses], indent=2))
    else:
        typer.echo("\n".join(_lines(diagnoses)))
    if any(diagnosis.is_problem for diagnosis in diagnoses):
        raise typer.Exit(PROBLEMS)


def _document(diagnosis: "Diagnosis") -> dict[str, Any]:  # Any: JSON
    return {
        "check": diagnosis.check.name,
        "question": diagnosis.check.question,
        "status": str(diagnosis.answer.status),
        "detail": diagnosis.answer.detail,
        "remedy": diagnosis.check.remedy if diagnosis.is_problem else None,
    }


def _lines(diagnoses: "list[Diagnosis]") -> list[str]:
    lines = []
    for diagnosis in diagnoses:
        status = str(diagnosis.answer.status).replace("_", " ")
        detail = plain_text(diagnosis.answer.detail)
        lines.append(f"{status:<14}{diagnosis.check.name:<24}{detail}")
        if diagnosis.is_problem:
            lines.append(f"{'':<14}{'':<24}-> {diagnosis.check.remedy}")
    counts = Counter(str(diagnosis.answer.status).replace("_", " ") for diagnosis in diagnoses)
    return [*lines, ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))]
