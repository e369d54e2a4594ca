"""The CDK app: `cdk synth -c stage=prod`, or without the CLI
`python -m infra.synthesis.synth prod`.

It makes no AWS call and needs no credentials.
"""

import sys

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.config import OVERRIDABLE, InvalidConfig, StageConfig, stage_config
from infra.stacks.pipeline import PipelineStack
from infra.stacks.serving import ServingStack
from infra.synthesis.packaging import PackagingFailed

DEFAULT_STAGE = "local"


def build(app: App, config: StageConfig) -> None:
    """Add both stacks of a stage to the app; their synthesis fails on a finding of cdk-nag."""
    PipelineStack(app, f"Scones-{config.stage}-Pipeline", config=config)
    ServingStack(app, f"Scones-{config.stage}-Serving", config=config)
    Tags.of(app).add("project", "scones-unlimited")
    Tags.of(app).add("stage", config.stage)
    Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))


def main() -> None:
    """Synthesize the stage of the CDK context; exit with one line if its settings are invalid."""
    # Version strings of the library would change every template with every upgrade.
    app = App(analytics_reporting=False)
    context = {name: app.node.try_get_context(name) for name in OVERRIDABLE}
    overrides = {name: str(value) for name, value in context.items() if value is not None}
    stage = str(app.node.try_get_context("stage") or DEFAULT_STAGE)
    try:
        build(app, stage_config(stage, overrides))
    except (InvalidConfig, PackagingFailed) as error:
        sys.exit(f"error: {error}")
    try:
        app.synth()
    except RuntimeError as error:  # CDK has printed a detailed explanation already
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
