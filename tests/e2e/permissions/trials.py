"""One trial: a permission is taken away, and the behaviours of its role are exercised."""

from collections.abc import Iterator

import pytest

from tests.e2e.permissions.behaviours import Behaviour, behaviours
from tests.e2e.permissions.live_roles import Permission
from tests.e2e.permissions.trial_stage import TrialStage
from tests.infra.permission_trials import key_of, lost_by_services
from tests.infra.template import Template

_TRIES = 3  # with the permission: a busy machine may be late once


def to_try(trial_stage: TrialStage, template: Template) -> list[Permission]:
    """Return the permissions of code: all but those that AWS's services need."""
    by_services = lost_by_services(template)
    return [
        permission
        for permission in trial_stage.roles.permissions()
        if key_of(permission.grant) not in by_services
    ]


def lost_behaviour(trial_stage: TrialStage, permission: Permission, *, first: str = "") -> str:
    """Return the name of a behaviour that works only with the permission; empty without one.

    `first` names the behaviour to begin with.
    """
    role, key = permission.grant.role, key_of(permission.grant)
    for behaviour in _of_role(role, key, first):
        if is_lost_without(trial_stage, permission, behaviour):
            return behaviour.name
    return ""


def is_lost_without(trial_stage: TrialStage, permission: Permission, behaviour: Behaviour) -> bool:
    """Whether the behaviour fails without the permission, and works with it."""
    # A worker keeps parameters and secrets for a minute; a new one has to read them.
    trial_stage.restart_workers(permission.grant.role)
    with trial_stage.roles.without(permission):
        works = _works(trial_stage, behaviour)
    return not works and any(_works(trial_stage, behaviour) for _ in range(_TRIES))


def _of_role(role: str, key: str, first: str) -> Iterator[Behaviour]:
    of_role = [behaviour for behaviour in behaviours().values() if role in behaviour.roles]
    yield from sorted(
        of_role,
        key=lambda behaviour: (
            behaviour.name != first,
            not any(text in key for text in behaviour.likely),
        ),
    )


def _works(trial_stage: TrialStage, behaviour: Behaviour) -> bool:
    try:
        behaviour.exercise(trial_stage)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 # whatever a lost behaviour raises
        return False
    return True
