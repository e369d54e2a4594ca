"""The CDK app of the account: `npx cdk deploy --app "python -m infra.account_app"`, once.

It is an app of its own, since the stack does not belong to a stage. Its settings are those of
`account.toml`; `-c account_file=FILE` reads another file. It makes no AWS call.
"""

import sys
from pathlib import Path

from aws_cdk import App, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.account_config import ACCOUNT_FILE, AccountConfig, account_config
from infra.config import InvalidConfig
from infra.stacks.account import AccountStack

STACK = "Scones-Account"


def build(app: App, config: AccountConfig) -> None:
    """Add the account's stack to the app; its synthesis fails on a finding of cdk-nag."""
    AccountStack(app, STACK, config=config)
    Tags.of(app).add("project", "scones-unlimited")
    Validations.of(app).add_plugins(AwsSolutionsChecks(verbose=True))


def main() -> None:
    """Synthesize the stack; exit with one line if its settings are invalid."""
    app = App(analytics_reporting=False)
    file = Path(str(app.node.try_get_context("account_file") or ACCOUNT_FILE))
    try:
        build(app, account_config(file))
        app.synth()
    except InvalidConfig as error:
        sys.exit(f"error: {error}")
    except RuntimeError as error:  # CDK has printed a detailed explanation already
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
