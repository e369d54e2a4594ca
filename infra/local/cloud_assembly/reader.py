"""Reads a cloud assembly: the stack to deploy, its template, and the files that it needs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from infra.local.account import ACCOUNT, REGION
from infra.local.errors import AssemblyUnusable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Parameters of the stack: the addresses of its API and of its sign-in pages.
_ADDRESSES = ("ApiUrl", "DriversSignInUrl", "ReviewersSignInUrl")

# Any: JSON written by CDK; a missing field is a KeyError.
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file that must be in a bucket before the stack can be created."""

    name: str  # hash of its content
    source: Path
    is_folder: bool  # to be zipped
    bucket: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A synthesized stack, with the parameters that it is deployed with."""

    name: str
    template_asset: Asset
    assets: tuple[Asset, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def at(self, url: str) -> Stack:
        """Return the stack with `url` as the address of its API and of its sign-in pages.

        Only parameters that its template has are set.
        """
        known = read_json(self.template_asset.source).get("Parameters", {})
        return replace(self, parameters={name: url for name in _ADDRESSES if name in known})


def read_stack(assembly: Path, artifact: str) -> Stack:
    """Return the stack with the id `artifact` in the assembly.

    Raises:
        AssemblyUnusable: the assembly or the stack is missing.
    """
    manifest = read_json(assembly / "manifest.json")
    try:
        entry = manifest["artifacts"][artifact]
    except KeyError as error:
        raise AssemblyUnusable(f"{assembly} has no stack {artifact}.") from error
    properties = entry["properties"]
    assets = tuple(
        asset
        for name in entry.get("dependencies", [])
        if manifest["artifacts"][name]["type"] == "cdk:asset-manifest"
        for asset in _assets(assembly, manifest["artifacts"][name]["properties"]["file"])
    )
    template = assembly / properties["templateFile"]
    template_assets = [asset for asset in assets if asset.source == template]
    if not template_assets:
        raise AssemblyUnusable(f"{artifact} of {assembly} does not have its template as an asset.")
    return Stack(
        name=properties.get("stackName", artifact), template_asset=template_assets[0], assets=assets
    )


def web_apps(stack: Stack) -> tuple[str, ...]:
    """Return the origins that the CORS configuration of the stack's API allows."""
    resources = read_json(stack.template_asset.source)["Resources"].values()
    return tuple(
        origin
        for resource in resources
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
        for origin in resource["Properties"].get("CorsConfiguration", {}).get("AllowOrigins", ())
    )


def _assets(assembly: Path, file: str) -> list[Asset]:
    return [
        Asset(
            name=name,
            source=assembly / entry["source"]["path"],
            is_folder=entry["source"].get("packaging") == "zip",
            bucket=_substituted(destination["bucketName"]),
            key=_substituted(destination["objectKey"]),
        )
        for name, entry in read_json(assembly / file)["files"].items()
        for destination in entry["destinations"].values()
    ]


def _substituted(text: str) -> str:
    """Substitute account, region and partition, as CloudFormation does."""
    values = {"AccountId": ACCOUNT, "Region": REGION, "Partition": "aws"}
    for name, value in values.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def read_json(path: Path) -> Json:
    """Return the content of a file of an assembly.

    Raises:
        AssemblyUnusable: the file is missing or does not hold JSON.
    """
    try:
        content: Json = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise AssemblyUnusable(
            f"{path} cannot be read; synthesize first (`make synth`)."
        ) from error
    return content
