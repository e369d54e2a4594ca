"""What operators have set as the threshold: override parameter and record, cached for a minute."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.aws.controls_table import ControlsTable
from handlers.aws.parameters import MAX_AGE_S
from handlers.domain.decision.threshold import Override
from handlers.domain.errors import PolicyUnavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


class OverrideSource:
    """Reads the override parameter and its record in the controls, one right after the other.

    The absence of the parameter is cached as well: normally there is no parameter, and a read for
    every photo would exceed the parameter store's rate.
    """

    def __init__(
        self,
        ssm: "SSMClient",
        *,
        parameter: str,
        controls: ControlsTable,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ssm = ssm
        self._parameter = parameter
        self._controls = controls
        self._clock = clock
        self._cached: tuple[float, Override] | None = None

    def cached(self) -> Override:
        """Return what operators have set at most `MAX_AGE_S` ago.

        Raises: PolicyUnavailable, LedgerUnavailable: an unknown state is not the normal one.
        """
        now = self._clock()
        if self._cached is None or now - self._cached[0] >= MAX_AGE_S:
            self._cached = (now, self.read())
        return self._cached[1]

    def read(self) -> Override:
        """Return what operators have set now. Raises: as `cached`."""
        override = self._both()
        # A change is two writes: the moment between them must not count as a lost override.
        return self._both() if override.parameter is None and override.recorded else override

    def _both(self) -> Override:
        text = self._text()
        control = self._controls.read().threshold
        return Override(parameter=text, recorded=None if control is None else control.override)

    def _text(self) -> str | None:
        try:
            response = self._ssm.get_parameter(Name=self._parameter)
        except self._ssm.exceptions.ParameterNotFound:
            return None
        except (BotoCoreError, ClientError) as error:
            raise PolicyUnavailable(
                f"cannot read the parameter {self._parameter}: {error}"
            ) from error
        return response["Parameter"]["Value"]
