"""Signed-in calls where only `local` is installed: `python -m tests.e2e.local_only`.

Tests run in an environment that holds `dev` as well, which brings packages that a user's has not.
So this imports nothing of pytest, and refuses to run where there is more than `local`.
"""

import sys
from collections.abc import Iterator
from importlib.metadata import distributions
from itertools import chain

import httpx

from infra.local.stage import ASSEMBLY, running_stage
from infra.people import Role
from infra.synth import synthesize
from tests.e2e.doors.signing_in import Visitors
from tests.locks import locked, normalized

_DRIVER, _REVIEWER = "dora", "rita"
# What bootstrap.py installs, and what `python -m venv` begins with.
_LOCKS = ("bootstrap", "node", "local")
_BEGINS_WITH = {"pip", "setuptools", "scones-unlimited"}


def main() -> int:
    """Exit code: 0 both calls are answered, 1 one is not, 2 the environment is another one."""
    if surplus := installed() - _BEGINS_WITH - set(chain.from_iterable(map(locked, _LOCKS))):
        sys.stderr.write(f"not of local.lock: {', '.join(sorted(surplus))}\n")
        return 2
    refused = False
    for call, status in call_statuses():
        sys.stdout.write(f"{call}: {status}\n")
        refused |= status != httpx.codes.OK
    return int(refused)


def installed() -> set[str]:
    """The distributions of this environment, by normalized name."""
    return {normalized(distribution.name) for distribution in distributions()}


def call_statuses() -> Iterator[tuple[str, int]]:
    """One call of a driver and one of a reviewer, each with the status that it is answered."""
    assembly = synthesize("local", ASSEMBLY)
    with (
        running_stage(assembly=assembly, enforce_iam=True) as stage,
        httpx.Client(base_url=stage.door_url, trust_env=False, timeout=30) as http,
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
