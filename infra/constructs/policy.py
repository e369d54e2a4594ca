"""The parameters of Filter's decision: policy of the models in service, override, audit salt."""

from pathlib import Path

from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.functions import HandlerFunction
from infra.constructs.resource import acknowledge, pin_logical_id, removal_policy
from infra.policy_document import render_policy

ROOT = Path(__file__).parent.parent.parent


class PolicyParameters(Construct):
    """The parameters `policy` and `policy-override`, and the secret audit salt."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        manifests = [ROOT / path for path in config.model_manifests]
        self.policy = ssm.StringParameter(
            self,
            "Policy",
            parameter_name=config.policy_parameter_name,
            description="Classes and threshold of every model in service; order range by vehicle.",
            string_value=render_policy(manifests, config.order_ranges),
        )
        # Operators write it. CloudFormation keeps their value as long as this one does not change.
        self.override = ssm.StringParameter(
            self,
            "Override",
            parameter_name=config.policy_override_parameter_name,
            description='Set {"threshold": 1.0} to stop automatic assignment at once.',
            string_value="{}",
        )
        self.audit_salt = secretsmanager.Secret(
            self,
            "AuditSalt",
            description="Salt of the audit sample, which must not be predictable.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            removal_policy=removal_policy(config),
        )
        pin_logical_id(self.audit_salt, "AuditSalt")
        acknowledge(
            self.audit_salt,
            "SMG4",
            "Not a credential: a rotated salt would draw another audit sample on every replay.",
        )

    def connect(self, filter_: HandlerFunction, *, config: StageConfig) -> None:
        """Set and grant what Filter needs to read policy, override and audit salt."""
        filter_.set_environment(
            policy_parameter=self.policy.parameter_name,
            policy_override_parameter=self.override.parameter_name,
            audit_salt_secret=self.audit_salt.secret_arn,
            audit_share=str(config.audit_share),
            assignment_valid_hours=str(config.assignment_valid_hours),
        )
        filter_.allow(
            ["ssm:GetParameter"],
            resources=[self.policy.parameter_arn, self.override.parameter_arn],
        )
        filter_.allow(["secretsmanager:GetSecretValue"], resources=[self.audit_salt.secret_arn])
