"""Why a deployment was not made, or did not pass.

DeploymentError
├── DeploymentRefused  a check before the deployment failed; nothing was changed
├── CdkFailed          the CDK command line ended with an error
├── ImageNotBuilt      the serving image could not be built or pushed
├── NotAdopted         what the former stage has kept cannot be taken into the new stack
└── NothingToRestore   no earlier deployment had another model
"""

from infra.operations.errors import OperationError


class DeploymentError(OperationError):
    """The deployment was not made; the message says why and what to do."""


class DeploymentRefused(DeploymentError):
    """A setting, an account or an artefact is not as the deployment needs it."""


class CdkFailed(DeploymentError):
    """The CDK command line ended with an error; its last lines are in the message."""


class ImageNotBuilt(DeploymentError):
    """No tool that builds images works here, or the build or the push failed."""


class NotAdopted(DeploymentError):
    """CloudFormation refused the import, or the template has lost a kept resource."""


class NothingToRestore(DeploymentError):
    """The history of the stage has no deployment with another model."""
