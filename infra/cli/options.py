"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.options import AsJson

__all__ = ["AsJson", "Stack", "Stage", "Stages"]

Stack = Annotated[
    str | None,
    typer.Option(
        help="A deployed stack, e.g. Scones-prod-Pipeline. Default: the system of this laptop.",
        metavar="NAME",
    ),
]
Stage = Annotated[str, typer.Argument(help="Name of a stage: a file in stages/.", metavar="STAGE")]
Stages = Annotated[Path, typer.Option(help="Folder of the stages' files.", show_default="stages")]
