"""The CDK app: `cdk synth -c stage=prod`, or without the CLI
`python -m infra.synthesis.synth prod`.

The stage's settings are those of its file, `stages/STAGE.toml`; `-c name=value` puts another value
in the place of one of them, and `-c stages=FOLDER` reads the files of another folder. Any
other name is refused, since a misspelt one would deploy something else than was asked for.

It makes no AWS call and needs no credentials.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.config import STAGES_FOLDER, InvalidConfig, StageConfig, stage_config
from infra.stacks.pipeline import PipelineStack
from infra.stacks.serving import ServingStack
from infra.synthesis.packaging import PackagingFailed

DEFAULT_STAGE = "local"
_OF_CDK = ("aws:", "@aws-cdk")  # how the names begin that CDK and its command line set


def build(app: App, config: StageConfig) -> None:
    """Add both stacks of a stage to the app; their synthesis fails on a finding of cdk-nag."""
    PipelineStack(app, f"Scones-{config.stage}-Pipeline", config=config)
    ServingStack(app, f"Scones-{config.stage}-Serving", config=config)
    Tags.of(app).add("project", "scones-unlimited")
    Tags.of(app).add("stage", config.stage)
    Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))


def config_of(context: Mapping[str, object]) -> StageConfig:
    """Return the settings that a CDK context asks for. Raises: InvalidConfig."""
    known = json.loads((STAGES_FOLDER.parent / "cdk.json").read_text(encoding="utf-8"))["context"]
    overrides = {
        name: str(value)
        for name, value in context.items()
        if name not in {*known, "stage", "stages"} and not name.startswith(_OF_CDK)
    }
    return stage_config(
        str(context.get("stage") or DEFAULT_STAGE),
        overrides,
        folder=Path(str(context.get("stages") or STAGES_FOLDER)),
    )


def main() -> None:
    """Synthesize the stage of the CDK context; exit with one line if its settings are invalid."""
    # Version strings of the library would change every template with every upgrade.
    app = App(analytics_reporting=False)
    try:
        build(app, config_of(app.node.get_all_context()))
    except (InvalidConfig, PackagingFailed) as error:
        sys.exit(f"error: {error}")
    try:
        app.synth()
    except RuntimeError as error:  # CDK has printed a detailed explanation already
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
