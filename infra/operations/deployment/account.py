"""The account and region that a stage is deployed to, reached by the environment's credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import boto3
from botocore.exceptions import ClientError

from infra.local.account import ACCOUNT as EMULATED_ACCOUNT
from infra.operations.deployment.errors import DeploymentRefused
from infra.operations.target import Target

if TYPE_CHECKING:
    from infra.config import StageConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A session in the region of a stage, whose account was compared with the stage's file."""

    session: boto3.Session
    account: str
    region: str

    @classmethod
    def of_stage(cls, config: StageConfig) -> Self:
        """Connect to the account of the stage's file.

        Raises: DeploymentRefused, ClientError, BotoCoreError.
        """
        if config.account is None or config.region is None:
            missing = "account" if config.account is None else "region"
            raise DeploymentRefused(
                f"stage {config.stage}: {missing} is not set; fill in its line in "
                f"stages/{config.stage}.toml"
            )
        session = boto3.Session(region_name=config.region)
        identity = session.client("sts").get_caller_identity()
        if identity["Account"] != config.account:
            raise DeploymentRefused(
                f"the credentials are for account {identity['Account']}, and "
                f"stages/{config.stage}.toml names {config.account}: sign in to that account, or "
                "choose another stage."
            )
        return cls(session=session, account=config.account, region=config.region)

    @property
    def is_emulator(self) -> bool:
        """Whether this is the emulator, which has neither SageMaker resources nor quotas."""
        return self.account == EMULATED_ACCOUNT

    def target(self, stage: str) -> Target | None:
        """Return the deployed stack `Pipeline`, or None. Raises: ClientError, BotoCoreError."""
        cloudformation = self.session.client("cloudformation")
        try:
            [stack] = cloudformation.describe_stacks(StackName=pipeline_stack(stage))["Stacks"]
        except ClientError as error:
            # CloudFormation reports a stack that does not exist as invalid input.
            if error.response.get("Error", {}).get("Code") != "ValidationError":
                raise
            return None
        outputs = {
            output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
        }
        return Target(session=self.session, outputs=outputs, stage=stage) if outputs else None


def pipeline_stack(stage: str) -> str:
    """Return the name of a stage's stack `Pipeline`."""
    return f"Scones-{stage}-Pipeline"


def serving_stack(stage: str) -> str:
    """Return the name of a stage's stack `Serving`."""
    return f"Scones-{stage}-Serving"
