"""Draw samples into a folder: `python -m infra.demo.samples OUT_DIR`."""

from pathlib import Path
from typing import Annotated

import typer

from infra.demo.samples import SHOWN, draw_samples


def main(
    out_dir: Annotated[
        Path, typer.Argument(file_okay=False, help="Folder of the files; created if missing.")
    ],
    *,
    count: Annotated[int, typer.Option(min=1, help="Number of files.")] = SHOWN,
    seed: Annotated[int, typer.Option(help="Seed of the series.")] = 1,
) -> None:
    """Draw sample pictures: bicycles, motorcycles, other things and spoiled photos."""
    out_dir.mkdir(parents=True, exist_ok=True)
    draw_samples(out_dir, count=count, seed=seed)
    typer.echo(f"{count} samples in {out_dir}")


if __name__ == "__main__":
    typer.run(main)
