"""The deployments of a stage: one parameter, whose versions are the history.

It is outside of the stacks, so that no deployment changes it, and Systems Manager keeps its last
100 versions with time and author.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping  # noqa: TC003 (msgspec reads the types of the record)
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_ssm import SSMClient

    from infra.config import StageConfig

MODEL_SETTINGS = ("model_image_uri", "model_data_url", "model_manifests")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRecord:
    """One deployment that was made."""

    number: int = 0  # the version of the parameter; 0: not stored yet
    model_version: str  # of the model that the endpoint was given
    settings: Mapping[str, Any]  # Any: JSON, all settings by name
    commit: str  # of the sources; empty outside of a repository
    deployed_at: str  # ISO 8601, UTC
    restores: int = 0  # number of the deployment whose model a rollback brought back; 0: none

    @property
    def model(self) -> dict[str, Any]:
        """The settings of the model alone."""
        return {name: self.settings[name] for name in MODEL_SETTINGS}

    @property
    def artefacts(self) -> tuple[str, str]:
        """Image and archive: what makes two models two."""
        return self.settings["model_image_uri"], self.settings["model_data_url"]


class History:
    """The records of one stage. Methods raise ClientError and BotoCoreError as the SDK does."""

    def __init__(self, ssm: SSMClient, *, stage: str) -> None:
        self._ssm = ssm
        self._name = history_parameter(stage)

    def records(self) -> list[DeploymentRecord]:
        """Return the deployments, the oldest first."""
        pages = self._ssm.get_paginator("get_parameter_history")
        try:
            versions = [
                parameter
                for page in pages.paginate(Name=self._name)
                for parameter in page["Parameters"]
            ]
        except self._ssm.exceptions.ParameterNotFound:
            return []
        records = [
            replace(
                msgspec.json.decode(version["Value"], type=DeploymentRecord),
                number=version["Version"],
            )
            for version in versions
        ]
        return sorted(records, key=lambda record: record.number)

    def add(self, record: DeploymentRecord) -> None:
        """Store a deployment as the newest."""
        self._ssm.put_parameter(
            Name=self._name,
            Value=msgspec.json.encode(record).decode(),
            Type="String",
            Overwrite=True,
            Tier="Intelligent-Tiering",  # long lists of recipients exceed the 4 KB of the standard
        )


def history_parameter(stage: str) -> str:
    """Return the name of the parameter with a stage's deployments."""
    return f"/scones/{stage}/deployments"


def settings_of(config: StageConfig) -> dict[str, Any]:  # Any: JSON
    """Return the settings of a stage as JSON values, to store and to compare."""
    # By way of JSON: stored settings have lists, where those of a stage have tuples.
    settings: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(dataclasses.asdict(config)))
    return settings


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the settings that differ, a sentence each. A new setting had no value before."""
    return [
        f"{name}: {_text(before.get(name))} -> {_text(after.get(name))}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]


def deployment_to_restore(records: Iterable[DeploymentRecord]) -> DeploymentRecord | None:
    """Return the newest deployment before the one in force that had another model.

    After a rollback the search goes on before the deployment that it restored: two rollbacks do
    not lead back to the model that was rolled back first.
    """
    stored = list(records)
    if not stored:
        return None
    current = stored[-1]
    end = current.restores or current.number
    earlier = [
        record for record in stored if record.number < end and record.artefacts != current.artefacts
    ]
    return earlier[-1] if earlier else None


def _text(value: object) -> str:
    return "not set" if value in (None, "", [], ()) else msgspec.json.encode(value).decode()
