"""The policy, its override and the audit salt: parameters and a secret, cached for a minute."""

from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from handlers.domain.errors import PolicyUnavailable

MAX_AGE_S = 60  # after this time, a changed override is in force in every warm function


class PolicySource:
    """Reads parameters of SSM and secrets of Secrets Manager by name."""

    def __init__(self, *, ssm: SSMProvider, secrets: SecretsProvider) -> None:
        self._ssm = ssm
        self._secrets = secrets

    def parameter(self, name: str) -> str:
        """Return the text of a parameter.

        Raises: PolicyUnavailable.
        """
        try:
            value = self._ssm.get(name, max_age=MAX_AGE_S)
        except GetParameterError as error:
            raise PolicyUnavailable(f"cannot read the parameter {name}: {error}") from error
        return str(value)

    def secret(self, name: str) -> str:
        """Return the text of a secret.

        Raises: PolicyUnavailable.
        """
        try:
            value = self._secrets.get(name, max_age=MAX_AGE_S)
        except GetParameterError as error:
            raise PolicyUnavailable(f"cannot read the secret {name}: {error}") from error
        return str(value)
