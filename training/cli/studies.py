"""`python -m training seeds`, `scratch` and `speed`: the studies behind the card's figures."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from training.cli.errors import exit_on_error
from training.cli.options import DEFAULT_DATA, SHIPPED, AsJson
from training.config import TrainConfig
from training.serving.predictor import Predictor
from training.studies.speed import ROUNDS, measure
from training.studies.spread import SeedSpread

_DATA = typer.Option(help="Folder of <source>/<train|test>/<class>/*.")
_WORK = typer.Option(help="Caches and finished fits.")
_SEEDS = typer.Option(help="Comma-separated.")
_THREADS = typer.Option(help="Cores that one fit uses.")


def seeds(  # Typer's options are keywords on the command line
    data: Annotated[Path, _DATA] = DEFAULT_DATA,
    work: Annotated[Path, _WORK] = Path(".scones/training"),
    seeds: Annotated[str, _SEEDS] = "1,2,3",
    threads: Annotated[int, _THREADS] = TrainConfig().threads,
    as_json: AsJson = False,
) -> None:
    """Train the shipped recipe from several seeds; vehicles named rightly in `test`, by source.

    Example: python -m training seeds --data ../shared/data --seeds 1,2,3
    """
    with exit_on_error() as console:
        # Imported here, as the other commands must not need torch.
        from training.model.pretrained import packaged_weights  # noqa: PLC0415
        from training.studies.seeds import forced_by_seed  # noqa: PLC0415
        from training.train import TrainPaths  # noqa: PLC0415

        paths = TrainPaths(data_dir=data, weights=packaged_weights(), model_dir=work, work_dir=work)
        config = replace(TrainConfig(), threads=threads)
        spreads = forced_by_seed(config, paths, _numbers(seeds), console.print)
        _print(spreads, "forced choice", as_json=as_json)


def scratch(  # noqa: PLR0917  # as above
    data: Annotated[Path, _DATA] = DEFAULT_DATA,
    work: Annotated[Path, _WORK] = Path(".scones/training"),
    seeds: Annotated[str, _SEEDS] = "1,2,3",
    threads: Annotated[int, _THREADS] = TrainConfig().threads,
    held_back: Annotated[
        bool, typer.Option(help="Measure on a third of `train` that is held back, not on `test`.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train the small network without pretrained weights; vehicles named rightly, by source.

    Example: python -m training scratch --data ../shared/data --seeds 1,2,3
    """
    with exit_on_error() as console:
        from training.studies.from_scratch_run import scratch_by_seed  # noqa: PLC0415

        spreads = scratch_by_seed(
            data,
            _numbers(seeds),
            threads=threads,
            held_back=held_back,
            cache_dir=work,
            report=console.print,
        )
        _print(spreads, "without pretrained weights", as_json=as_json)


def speed(
    model: Annotated[Path, typer.Option(help="Folder of model and manifest.")] = SHIPPED,
    rounds: Annotated[int, typer.Option(min=1, help="Images of each kind, by turns.")] = ROUNDS,
    as_json: AsJson = False,
) -> None:
    """Time one image on one thread: the served file, and the network in torch if it is installed.

    Example: python -m training speed
    """
    with exit_on_error():
        result = measure(Predictor.load(model), TrainConfig(), rounds=rounds)
    if as_json:
        typer.echo(json.dumps(result.to_wire()))
    elif result.torch is None:
        typer.echo(f"served {result.served:.2f} ms; `make train` installs torch for comparison")
    else:
        typer.echo(
            f"served {result.served:.2f} ms, torch {result.torch:.2f} ms: {result.ratio:.2f} of it"
        )


def _print(spreads: Mapping[str, SeedSpread], title: str, *, as_json: bool) -> None:
    """Print means and deviations over the seeds, by source."""
    if as_json:
        wire = {
            # One seed has no deviation, and JSON has no NaN.
            name: {
                "mean": spread.mean,
                "deviation": spread.deviation if len(spread.values) > 1 else None,
            }
            for name, spread in spreads.items()
        }
        typer.echo(json.dumps(wire, indent=2))
        return
    for name, spread in spreads.items():
        typer.echo(f"{title}, {name}: {spread}")


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a list like 1,2,3") from error
