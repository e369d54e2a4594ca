"""The CDK app: `cdk synth -c stage=prod`, or without the CLI
`python -m infra.synthesis.synth prod`.

Makes no AWS call and needs no credentials.
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
    """Both stacks of a stage; synthesizing them fails on what cdk-nag finds."""
    PipelineStack(app, f"Scones-{config.stage}-Pipeline", config=config)
    ServingStack(app, f"Scones-{config.stage}-Serving", config=config)
    Tags.of(app).add("project", "scones-unlimited")
    Tags.of(app).add("stage", config.stage)
    Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))


def main() -> None:
    """Exits with one line where the configuration is the matter."""
    # Version strings of the library would make every template differ from the last upgrade's.
    app = App(analytics_reporting=False)
    overrides = {name: app.node.try_get_context(name) for name in OVERRIDABLE}
    given = {name: str(value) for name, value in overrides.items() if value is not None}
    try:
        build(app, stage_config(str(app.node.try_get_context("stage") or DEFAULT_STAGE), given))
    except (InvalidConfig, PackagingFailed) as error:
        sys.exit(f"error: {error}")
    try:
        app.synth()
    except RuntimeError as error:  # what CDK refuses it has explained already, at length
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
