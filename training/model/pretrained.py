"""Start weights: a quantised MobileNetV1 in TensorFlow Lite, converted to floats.

The file (google-coral/test_data, Apache-2.0) holds 8-bit weights with one scale a layer; a real
weight is scale x (stored - zero point).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tflite
import torch
from numpy.typing import NDArray
from torch import nn

from training.model.network import convolutions

_ELEMENT = {tflite.TensorType.UINT8: np.uint8, tflite.TensorType.INT32: np.int32}
_DEPTHWISE = tflite.BuiltinOperator.DEPTHWISE_CONV_2D
_KINDS = {tflite.BuiltinOperator.CONV_2D, _DEPTHWISE}


class UnusableWeights(Exception):
    """The file is missing, or its layers are not those of the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvolutionWeights:
    """One convolution in torch's layout: (out, in / groups, height, width)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def start_from(model: nn.Sequential, path: Path) -> None:
    """Copy the file's convolutions, without its classifier, into the model.

    Raises: UnusableWeights.
    """
    layers = convolutions(model)
    stored = read_convolutions(path)[: len(layers)]
    shapes = [tuple(layer.weight.shape) for layer in layers]
    if [entry.weight.shape for entry in stored] != shapes:
        raise UnusableWeights(f"{path} does not hold a MobileNetV1 of this width")
    with torch.no_grad():
        for layer, entry in zip(layers, stored, strict=True):
            layer.weight.copy_(torch.from_numpy(entry.weight))
            layer.bias.copy_(torch.from_numpy(entry.bias))


def read_convolutions(path: Path) -> list[ConvolutionWeights]:
    """Read all convolutions of the file, in the order in which they run.

    Raises: UnusableWeights.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableWeights(f"the start weights cannot be read: {error}") from error
    if content[4:8] != b"TFL3":
        raise UnusableWeights(f"{path} is not a TensorFlow Lite file")
    model = tflite.Model.GetRootAsModel(content, 0)
    graph = model.Subgraphs(0)
    layers = []
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        kind = model.OperatorCodes(operator.OpcodeIndex()).DeprecatedBuiltinCode()
        if kind not in _KINDS:
            continue
        weight = _floats(model, graph.Tensors(operator.Inputs(1)))
        # Stored as (out, h, w, in), or (1, h, w, channels) if each channel has its own filter.
        order = (3, 0, 1, 2) if kind == _DEPTHWISE else (0, 3, 1, 2)
        layers.append(
            ConvolutionWeights(
                weight=np.ascontiguousarray(weight.transpose(order)),
                bias=_floats(model, graph.Tensors(operator.Inputs(2))),
            )
        )
    return layers


def _floats(model: tflite.Model, tensor: tflite.Tensor) -> NDArray[np.float32]:
    content = model.Buffers(tensor.Buffer()).DataAsNumpy()
    stored = np.frombuffer(content.tobytes(), dtype=_ELEMENT[tensor.Type()])
    scale = tensor.Quantization().ScaleAsNumpy()[0]
    zero_point = tensor.Quantization().ZeroPointAsNumpy()[0]
    floats = ((stored.astype(np.float64) - zero_point) * scale).astype(np.float32)
    shaped: NDArray[np.float32] = floats.reshape(tensor.ShapeAsNumpy())
    return shaped
