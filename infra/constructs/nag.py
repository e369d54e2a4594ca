"""Answers to cdk-nag: why a finding stands, on the very construct that it is about."""

from aws_cdk import Acknowledgment, Validations
from constructs import Construct


def acknowledge(construct: Construct, finding: str, reason: str) -> None:
    """Let one finding of AwsSolutions pass, on this construct and nowhere else."""
    Validations.of(construct).acknowledge(
        Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason)
    )
