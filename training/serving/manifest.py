"""The manifest that travels with a model: what the server must know to use it.

Class names, input, temperature and policy are here and not in code. Written by
`training/model/export.py`; `infra` renders the stage's policy parameter from it.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from training.serving.errors import InvalidManifest, ModelMismatch

SCHEMA_VERSION = 3  # 3: second_look_margin; the graph looks once
MANIFEST_NAME = "manifest.json"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """How the wire image becomes the model's input: resize, then (x - mean) / scale."""

    width: int  # pixels, 1 to 1024
    height: int
    mean: float  # of pixel values, 0..255
    scale: float  # above 0
    layout: str  # NCHW
    name: str  # of the graph's input

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:  # JSON values, checked here
        """Raises: KeyError, TypeError, ValueError; `Manifest` names the file."""
        spec = cls(
            width=int(wire["width"]),
            height=int(wire["height"]),
            mean=float(wire["mean"]),
            scale=float(wire["scale"]),
            layout=str(wire["layout"]),
            name=str(wire["name"]),
        )
        sides_fit = 1 <= spec.width <= 1024 and 1 <= spec.height <= 1024
        if not sides_fit or spec.layout != "NCHW":
            raise ValueError("input must be NCHW with sides from 1 to 1024")
        if not math.isfinite(spec.mean) or not math.isfinite(spec.scale) or spec.scale <= 0:
            raise ValueError("input mean and scale must be finite, scale above 0")
        return spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One model: its file, classes, input, temperature and calibrated threshold."""

    model_version: str
    model_file: str
    model_sha256: str
    classes: tuple[str, ...]
    input: InputSpec
    temperature: float  # above 0; divides the logits
    second_look_margin: float  # of logits, 0 or more; 0: every photo is looked at once
    threshold: float  # above 0, at most 1
    vehicle_classes: tuple[str, ...]  # those that may be assigned; the others go to review

    @property
    def vehicle_columns(self) -> list[int]:
        """Return the indices of the vehicle classes among the classes."""
        return [self.classes.index(name) for name in self.vehicle_classes]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the manifest in a file. Raises: InvalidManifest."""
        try:
            wire = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise InvalidManifest(f"{path} cannot be read as JSON: {error}") from error
        try:
            return cls.from_wire(wire)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidManifest(f"{path} is not the manifest of a model: {error!r}") from error

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:  # JSON values, checked here
        """Raises: KeyError, TypeError, ValueError."""
        if wire["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema_version {wire['schema_version']!r} is not {SCHEMA_VERSION}")
        manifest = cls(
            model_version=str(wire["model_version"]),
            model_file=str(wire["model_file"]),
            model_sha256=str(wire["model_sha256"]),
            classes=tuple(str(name) for name in wire["classes"]),
            input=InputSpec.from_wire(wire["input"]),
            temperature=float(wire["temperature"]),
            second_look_margin=float(wire["second_look_margin"]),
            threshold=float(wire["policy"]["threshold"]),
            vehicle_classes=tuple(str(name) for name in wire["policy"]["vehicle_classes"]),
        )
        manifest._check()
        return manifest

    def _check(self) -> None:
        if not _FILE_NAME.fullmatch(self.model_file) or not self.model_version:
            raise ValueError("model_file must be a plain file name and model_version not empty")
        if not _SHA256.fullmatch(self.model_sha256):
            raise ValueError("model_sha256 must be 64 hexadecimal digits")
        if len(self.classes) < 2 or len(set(self.classes)) != len(self.classes):
            raise ValueError("classes must be two or more different names")
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ValueError("temperature must be a finite number above 0")
        if not (math.isfinite(self.second_look_margin) and self.second_look_margin >= 0):
            raise ValueError("second_look_margin must be a finite number, 0 or more")
        if not self.vehicle_classes or not set(self.vehicle_classes) <= set(self.classes):
            raise ValueError("policy.vehicle_classes must name one or more of the classes")
        if not 0 < self.threshold <= 1:
            raise ValueError("policy.threshold must be above 0 and at most 1")

    def read_model(self, model_dir: Path) -> bytes:
        """Return the bytes of the model file, verified by their SHA-256. Raises: ModelMismatch."""
        path = model_dir / self.model_file
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ModelMismatch(f"{path} cannot be read: {error}") from error
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.model_sha256:
            raise ModelMismatch(f"{path} has SHA-256 {digest}, not {self.model_sha256} as declared")
        return content
