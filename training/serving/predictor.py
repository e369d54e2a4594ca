"""Image bytes to calibrated probabilities: the model, loaded once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from training.serving.errors import BrokenInference, ModelMismatch
from training.serving.manifest import MANIFEST_NAME, Manifest
from training.serving.preprocess import preprocess
from training.serving.second_look import needs_second_look


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrediction:
    """The model's prediction for one image."""

    probabilities: dict[str, float]  # by class name; calibrated, sum 1
    model_version: str

    def to_wire(self) -> dict[str, Any]:  # JSON values
        """Return the body of the response."""
        return {"probabilities": self.probabilities, "model_version": self.model_version}


class Predictor:
    """A model whose file and output agree with its manifest; safe to call from many threads."""

    def __init__(self, manifest: Manifest, model: bytes) -> None:
        """Load the model and check it against its manifest. Raises: ModelMismatch."""
        self.manifest = manifest
        try:
            self._session = onnxruntime.InferenceSession(
                model, _session_options(), providers=["CPUExecutionProvider"]
            )
        # ONNX Runtime's own exceptions have no common base but Exception.
        except Exception as error:
            raise ModelMismatch(f"ONNX Runtime cannot load the model: {error}") from error
        self._check_graph()

    @classmethod
    def load(cls, model_dir: Path) -> Self:
        """Load and verify the model in a directory. Raises: InvalidManifest, ModelMismatch."""
        manifest = Manifest.load(model_dir / MANIFEST_NAME)
        return cls(manifest, manifest.read_model(model_dir))

    def predict(self, image: bytes) -> ModelPrediction:
        """Classify the bytes of a JPEG or PNG. Raises: RefusedImage, BrokenInference."""
        logits = self.logits(preprocess(image, self.manifest.input))
        values = softmax(logits / self.manifest.temperature)[0]
        return ModelPrediction(
            probabilities={
                name: float(value)
                for name, value in zip(self.manifest.classes, values, strict=True)
            },
            model_version=self.manifest.model_version,
        )

    def logits(self, batch: NDArray[np.float32]) -> NDArray[np.float64]:
        """Map a batch (N, RGB, height, width) to logits (N, classes), with second looks.

        Raises: BrokenInference.
        """
        logits = self.first_look(batch)
        unsure = needs_second_look(logits, self.manifest.second_look_margin)
        if unsure.any():
            mirrored = np.ascontiguousarray(batch[unsure][..., ::-1])
            logits[unsure] = (logits[unsure] + self.first_look(mirrored)) / 2
        return logits

    def first_look(self, batch: NDArray[np.float32]) -> NDArray[np.float64]:
        """Map a batch to the logits of one pass of the graph. Raises: BrokenInference."""
        output = self._session.run(None, {self.manifest.input.name: batch})[0]
        logits = np.asarray(output, dtype=np.float64)
        if logits.shape != (len(batch), len(self.manifest.classes)):
            raise BrokenInference(f"the model's output has the shape {logits.shape}")
        if not np.isfinite(logits).all():
            raise BrokenInference("the model's output has a number that is not finite")
        return logits

    def _check_graph(self) -> None:
        """Check that the graph has the manifest's input, and one logit for each of its classes."""
        spec = self.manifest.input
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if [entry.name for entry in inputs] != [spec.name]:
            raise ModelMismatch(f"the model's input is not named {spec.name!r}")
        if list(inputs[0].shape[1:]) != [3, spec.height, spec.width]:
            raise ModelMismatch(f"the model's input is {inputs[0].shape}, the manifest differs")
        if len(outputs) != 1 or outputs[0].shape[-1] != len(self.manifest.classes):
            raise ModelMismatch(
                f"the model's output is {outputs[0].shape}, the manifest names "
                f"{len(self.manifest.classes)} classes"
            )
        # The first run allocates; let start-up pay for it, not the first photo.
        try:
            self.first_look(np.zeros((1, 3, spec.height, spec.width), dtype=np.float32))
        except BrokenInference as error:
            raise ModelMismatch(str(error)) from error


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities along the last axis, which sum to 1."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _session_options() -> onnxruntime.SessionOptions:
    """Return options with one thread an inference.

    Parallel requests share the cores better than parallel layers do.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3  # errors only: its warnings bypass our logs
    return options
