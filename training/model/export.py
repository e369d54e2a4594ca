"""Export of a trained model to the file that is served: ONNX, in 8 bits unless decisions differ."""

import hashlib
import json
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from training.config import TrainConfig
from training.data.photo_set import PhotoSet
from training.evaluation.calibration import ThresholdChoice
from training.model.fit import drawing_weights
from training.serving.manifest import MANIFEST_NAME, SCHEMA_VERSION
from training.serving.predictor import softmax
from training.serving.preprocess import normalise

MODEL_NAME = "model.onnx"
LEAST_AGREEMENT = 0.985  # share of equal predictions between 8 and 32 bits
_OPSET = 17
_IN_32_BITS = ("Gemm",)  # the head
_QUANTISE_ON = 200  # photos that set the ranges of the 8-bit activations
_COMPARE_ON = 1500  # other photos, on which 8 and 32 bits are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The served graph, and how far it agrees with the trained one."""

    content: bytes  # of the ONNX file
    precision: str  # int8 or fp32
    agreement: float  # share of equal predictions, 0..1
    largest_shift: float  # of any probability, 99th percentile over photos

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the manifest's `training.export`."""
        return {
            "precision": self.precision,
            "size_bytes": len(self.content),
            "same_decision_as_fp32": round(self.agreement, 5),
            "probability_shift_p99": round(self.largest_shift, 5),
        }


def export_model(
    model: nn.Sequential, photos: PhotoSet, config: TrainConfig, temperature: float
) -> Exported:
    """Quantise on some photos and compare on others, both drawn as in training."""
    generator = np.random.default_rng(config.seed)
    weights = drawing_weights(photos, config)
    size = min(len(photos), _QUANTISE_ON + _COMPARE_ON)
    rows = generator.choice(len(photos), size=size, replace=False, p=weights)
    images = normalise(photos.pixels[rows], config.input)
    split = min(_QUANTISE_ON, max(1, size // 2))
    return export(
        model, config, examples=images[:split], checks=images[split:], temperature=temperature
    )


def export(
    model: nn.Sequential,
    config: TrainConfig,
    *,
    examples: NDArray[np.float32],
    checks: NDArray[np.float32],
    temperature: float,
) -> Exported:
    """Quantise on `examples` and compare on `checks`, both (N, RGB, height, width).

    The graph stays in 32 bits if less than LEAST_AGREEMENT of the predictions are equal.
    """
    with tempfile.TemporaryDirectory() as scratch:
        full, small = Path(scratch, "full.onnx"), Path(scratch, "small.onnx")
        write_onnx(model, config, full)
        _quantise(full, small, config.input.name, examples)
        before = softmax(_logits(full, config.input.name, checks) / temperature)
        after = softmax(_logits(small, config.input.name, checks) / temperature)
        agreement = float((before.argmax(axis=1) == after.argmax(axis=1)).mean())
        agrees = agreement >= LEAST_AGREEMENT
        return Exported(
            content=(small if agrees else full).read_bytes(),
            precision="int8" if agrees else "fp32",
            agreement=agreement,
            largest_shift=float(np.quantile(np.abs(before - after).max(axis=1), 0.99)),
        )


def write_onnx(model: nn.Sequential, config: TrainConfig, path: Path) -> None:
    """Write the graph in 32 bits, from images (any number) to logits."""
    spec = config.input
    example = torch.zeros(1, 3, spec.height, spec.width)
    with warnings.catch_warnings():
        # torch marks this exporter as deprecated; the new one needs onnxscript and folds less.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval().to(memory_format=torch.contiguous_format),
            (example,),
            str(path),
            dynamo=False,
            opset_version=_OPSET,
            input_names=[spec.name],
            output_names=["logits"],
            dynamic_axes={spec.name: {0: "images"}, "logits": {0: "images"}},
        )


def write_artefact(
    model_dir: Path,
    exported: Exported,
    config: TrainConfig,
    *,
    temperature: float,
    policy: ThresholdChoice,
    training: Mapping[str, Any],
    today: date,
) -> str:
    """Write model and manifest into a directory and return the model's version.

    `training` is the manifest's provenance: seed, digests, config, metrics.
    """
    digest = hashlib.sha256(exported.content).hexdigest()
    version = f"{today:%Y%m%d}-{digest[:8]}"
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "model_version": version,
        "model_file": MODEL_NAME,
        "model_sha256": digest,
        "classes": list(config.classes),
        "input": asdict(config.input),
        "temperature": round(temperature, 4),
        "second_look_margin": config.second_look_margin,
        "policy": policy.to_wire(),
        "training": dict(training),
    }
    model_dir.mkdir(parents=True, exist_ok=True)
    (model_dir / MODEL_NAME).write_bytes(exported.content)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (model_dir / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")
    return version


class _Examples(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Gives the quantiser one image at a time."""

    def __init__(self, name: str, images: NDArray[np.float32]) -> None:
        self._feeds: Iterator[dict[str, NDArray[np.float32]]] = (
            {name: image[np.newaxis]} for image in images
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        return next(self._feeds, None)


def _quantise(full: Path, small: Path, name: str, examples: NDArray[np.float32]) -> None:
    prepared = small.with_name("prepared.onnx")
    quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(small),
        _Examples(name, examples),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=_kept_in_32_bits(prepared),
    )


def _kept_in_32_bits(path: Path) -> list[str]:
    """Return the names of the head's nodes and of the first two convolutions.

    They have 11 KB of weights. 8 bits in the head would make the probabilities coarse, and in the
    layers nearest to the pixels they caused a third of all shifts of probabilities.
    """
    nodes = onnx.load(path).graph.node
    first = [node.name for node in nodes if node.op_type == "Conv"][:2]
    return first + [node.name for node in nodes if node.op_type in _IN_32_BITS]


def _logits(path: Path, name: str, images: NDArray[np.float32]) -> NDArray[np.float64]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rows = [
        session.run(None, {name: images[start : start + 64]})[0]
        for start in range(0, len(images), 64)
    ]
    return np.concatenate(rows).astype(np.float64)
