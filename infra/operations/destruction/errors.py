"""Why a stage was not destroyed.

DestructionError
├── DestructionRefused  a check or the approval failed; nothing was deleted
├── BucketNotEmptied    S3 kept object versions, or new ones arrived in every pass
└── StackNotDeleted     CloudFormation could not delete a stack
"""

from infra.operations.errors import OperationError


class DestructionError(OperationError):
    """The stage was not destroyed; the message says why and what to do."""


class DestructionRefused(DestructionError):
    """The stage is protected, a deployment is in progress, or the approval is missing."""


class BucketNotEmptied(DestructionError):
    """A bucket still holds object versions after the last pass."""


class StackNotDeleted(DestructionError):
    """A stack is in the state DELETE_FAILED, or its deletion lasts longer than was waited."""
