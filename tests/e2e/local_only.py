"""Makes signed-in calls where only `local` is installed: `python -m tests.e2e.local_only`.

Tests run in an environment that also holds `dev`, with packages that a user does not have. So this
module does not import pytest, and refuses to run in an environment that holds more than `local`.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from itertools import chain

import httpx

from infra.local.stage.stage import ASSEMBLY, running_stage
from infra.operations.users import Role
from infra.synthesis.synth import synthesize
from tests.e2e.http_api.signing_in import Visitors
from tests.locks import locked, normalized

_DRIVER, _REVIEWER = "dora", "rita"
# The locks that bootstrap.py installs, and the packages of a new environment.
_LOCKS = ("bootstrap", "node", "local")
_INITIAL_PACKAGES = {"pip", "setuptools", "scones-unlimited"}


def main() -> int:
    """Return the exit code: 0 both calls succeeded, 1 one failed, 2 it is another environment."""
    if surplus := installed() - _INITIAL_PACKAGES - set(chain.from_iterable(map(locked, _LOCKS))):
        sys.stderr.write(f"not in local.lock: {', '.join(sorted(surplus))}\n")
        return 2
    has_failed = False
    for call, status in call_statuses():
        sys.stdout.write(f"{call}: {status}\n")
        has_failed |= status != httpx.codes.OK
    return int(has_failed)


def installed() -> set[str]:
    """Return the normalized names of the distributions in this environment."""
    return {normalized(distribution.name) for distribution in distributions()}


def call_statuses() -> Iterator[tuple[str, int]]:
    """Make one call as a driver and one as a reviewer, and yield each with its status code."""
    assembly = synthesize("local", ASSEMBLY)
    with (
        running_stage(assembly=assembly, enforce_iam=True) as stage,
        httpx.Client(base_url=stage.api_url, trust_env=False, timeout=30) as http,
    ):
        visitors = Visitors(stage, http)
        visitors.let_in(_DRIVER, Role.DRIVER)
        visitors.let_in(_REVIEWER, Role.REVIEWER)
        for path, name, app, scope in (
            ("/photos", _DRIVER, visitors.drivers_app, "scones/drive"),
            ("/reviews/queue", _REVIEWER, visitors.reviewers_page, "scones/review"),
        ):
            token = visitors.access(name, app, scope)
            response = http.get(path, headers={"Authorization": f"Bearer {token}"})
            yield f"GET {path} as {name}", response.status_code


if __name__ == "__main__":
    sys.exit(main())
