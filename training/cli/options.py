"""Options and defaults that several commands of `python -m training` share."""

from pathlib import Path
from typing import Annotated

import typer

SHIPPED = Path(__file__).resolve().parents[1] / "shipped"
DEFAULT_DATA = Path("../shared/data")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
