"""`python -m training`: fetch and validate photos, train a model, evaluate and register it."""

import typer

from training.cli import data, evaluate, launch, registry, studies, train

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
for commands in (launch.app, registry.app):
    app.add_typer(commands)

app.command()(data.fetch)
app.command()(data.verdicts)
app.command()(data.validate)
app.command()(studies.seeds)
app.command()(studies.scratch)
app.command()(studies.speed)
app.command("train")(train.train_command)
app.command()(train.trained_photos)
app.command("evaluate")(evaluate.evaluate_command)


if __name__ == "__main__":
    app()
