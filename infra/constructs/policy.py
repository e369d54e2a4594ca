"""What Filter decides by: policy of the models in service, operators' override, audit salt."""

from pathlib import Path

from aws_cdk import Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.functions import HandlerFunction
from infra.constructs.operator_controls import OperatorControls
from infra.constructs.resource import acknowledge, pin_logical_id, removal_policy
from infra.policy_document import render_policy

ROOT = Path(__file__).parent.parent.parent


class PolicyParameters(Construct):
    """The parameter `policy`, the secret audit salt, and the name of the override parameter."""

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
        # No resource: CloudFormation would write its own value back when only a tag changes.
        self.override_name = config.policy_override_parameter_name
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

    def connect(
        self, filter_: HandlerFunction, *, config: StageConfig, controls: OperatorControls
    ) -> None:
        """Set and grant what Filter needs to read policy, override, its record and audit salt."""
        filter_.set_environment(
            policy_parameter=self.policy.parameter_name,
            policy_override_parameter=self.override_name,
            audit_salt_secret=self.audit_salt.secret_arn,
            audit_share=str(config.audit_share),
            assignment_valid_hours=str(config.assignment_valid_hours),
        )
        controls.connect(filter_)
        override_arn = Stack.of(self).format_arn(
            service="ssm", resource="parameter", resource_name=self.override_name.removeprefix("/")
        )
        filter_.allow(["ssm:GetParameter"], resources=[self.policy.parameter_arn, override_arn])
        filter_.allow(["secretsmanager:GetSecretValue"], resources=[self.audit_salt.secret_arn])
