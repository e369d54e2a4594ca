"""Options that several commands have."""

from typing import Annotated

import typer

from training.cli.options import AsJson

__all__ = ["AsJson", "Stack"]

Stack = Annotated[
    str | None,
    typer.Option(
        help="A deployed stack, e.g. Scones-prod-Pipeline. Default: the system of this laptop.",
        metavar="NAME",
    ),
]
