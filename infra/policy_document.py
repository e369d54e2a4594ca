"""Render the parameter `policy` from the manifests of the models in service."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from handlers.domain.decision.policy import Policy
from infra.config import InvalidConfig
from infra.setting_rules import ORDER_RANGES
from training.serving.errors import InvalidManifest
from training.serving.manifest import Manifest

_STANDARD_PARAMETER_CHARACTERS = 4096


def class_order(manifests: Iterable[Path]) -> tuple[str, ...]:
    """Return the order of the classes in a response without class names.

    Empty if the models in service do not agree on one. Raises: InvalidManifest.
    """
    orders = {Manifest.load(path).classes for path in manifests}
    return orders.pop() if len(orders) == 1 else ()


def render_policy(manifests: Iterable[Path], order_ranges: Mapping[str, str]) -> str:
    """Return the policy as JSON, checked as Filter parses it. Raises: InvalidConfig.

    `order_ranges` maps vehicle classes to `nearby` or `distant`.
    """
    models = {}
    for path in manifests:
        try:
            manifest = Manifest.load(path)
        except InvalidManifest as error:
            raise InvalidConfig(f"the model's manifest is missing or invalid: {error}") from error
        if unknown := order_ranges.keys() - set(manifest.vehicle_classes):
            raise InvalidConfig(f"{path}: this model may not assign {min(unknown)!r}")
        if missing := set(manifest.vehicle_classes) - order_ranges.keys():
            raise InvalidConfig(
                f"order_ranges lacks {min(missing)!r}, which {path} may assign; give it "
                f"{' or '.join(ORDER_RANGES)}"
            )
        models[manifest.model_version] = {
            "classes": list(manifest.classes),
            "threshold": manifest.threshold,
        }
    text = json.dumps({"models": models, "order_ranges": dict(order_ranges)}, sort_keys=True)
    if len(text) > _STANDARD_PARAMETER_CHARACTERS:
        raise InvalidConfig(f"the policy of {len(models)} models does not fit an SSM parameter")
    Policy.from_json(text)
    return text
