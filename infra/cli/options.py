"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

from training.cli.options import AsJson

__all__ = ["AsJson", "Stack", "Stages"]

Stack = Annotated[
    str | None,
    typer.Option(
        help="A deployed stack, e.g. Scones-prod-Pipeline. Default: the system of this laptop.",
        metavar="NAME",
    ),
]

Stages = Annotated[Path, typer.Option(help="Folder of the stages' files.", show_default="stages")]
