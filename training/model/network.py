"""EfficientNet-Lite2, as a plain sequence of torch layers.

Batch normalisation is folded into the pretrained weights already, so every layer is a convolution
with bias: the trained layers are those that are exported and quantised.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn

# Repeats, kernel, stride, expansion and output channels of the seven stages of EfficientNet-B0
# (Tan and Le 2019, https://arxiv.org/abs/1905.11946, table 1), before scaling.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# The Lite variants keep stem, head, and the repeats of the first and the last stage unscaled, and
# have no squeeze-and-excitation, so that they lose little in 8 bits.
_STEM_CHANNELS, _HEAD_CHANNELS = 32, 1280
_MULTIPLE = 8  # of channels
SIDE_MULTIPLE = 32  # pixels: the padding is that of TensorFlow for even sizes alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The shape of the network; Lite2 has width 1.1 and depth 1.2."""

    classes: int  # outputs
    width: float = 1.1  # factor of the channels
    depth: float = 1.2  # factor of the repeats
    dropout: float = 0.2  # share, 0..1, before the head


class InvertedResidual(nn.Module):  # type: ignore[misc]  # torch is not installed with the rest
    """Expansion, depthwise convolution and projection, added to the input if shapes allow."""

    def __init__(
        self, channels: int, out_channels: int, *, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        inner = channels * expansion
        layers = _convolution(channels, inner, kernel=1) if expansion != 1 else []
        layers += _convolution(inner, inner, kernel=kernel, stride=stride, groups=inner)
        layers.append(nn.Conv2d(inner, out_channels, 1))
        self.layers = nn.Sequential(*layers)
        self.is_residual = stride == 1 and channels == out_channels

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, height, width) to (N, out_channels, height, width / stride)."""
        changed = self.layers(images)
        return images + changed if self.is_residual else changed


def build_model(config: ModelConfig) -> nn.Sequential:
    """Build `features` (convolutions), pooling, dropout and `head`.

    It maps images (N, 3, height, width), sides multiples of SIDE_MULTIPLE, to logits (N, classes).
    """
    layers = _convolution(3, _STEM_CHANNELS, kernel=3, stride=2)
    channels = _STEM_CHANNELS
    for index, (repeats, kernel, stride, expansion, full_width) in enumerate(_STAGES):
        scaled = index not in {0, len(_STAGES) - 1}
        out_channels = _scaled(full_width, config.width)
        for repeat in range(math.ceil(repeats * config.depth) if scaled else repeats):
            block = InvertedResidual(
                channels,
                out_channels,
                kernel=kernel,
                stride=1 if repeat else stride,
                expansion=expansion,
            )
            layers.append(block)
            channels = out_channels
    layers += _convolution(channels, _HEAD_CHANNELS, kernel=1)
    model = nn.Sequential()
    model.add_module("features", nn.Sequential(*layers))
    model.add_module("pool", nn.AdaptiveAvgPool2d(1))
    model.add_module("flatten", nn.Flatten())
    model.add_module("dropout", nn.Dropout(config.dropout))
    model.add_module("head", nn.Linear(_HEAD_CHANNELS, config.classes))
    nn.init.normal_(model.head.weight, std=0.01)
    nn.init.zeros_(model.head.bias)
    return model


def convolutions(model: nn.Sequential) -> list[nn.Conv2d]:
    """Return the convolutions of the features, in the order in which they run."""
    return [layer for layer in model.features.modules() if isinstance(layer, nn.Conv2d)]


def _scaled(channels: int, factor: float) -> int:
    """Return the nearest multiple of 8, but never less than nine tenths of the product."""
    exact = channels * factor
    rounded = max(_MULTIPLE, int(exact + _MULTIPLE / 2) // _MULTIPLE * _MULTIPLE)
    return rounded + _MULTIPLE if rounded < 0.9 * exact else rounded


def _convolution(
    channels: int, out_channels: int, *, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    # TensorFlow pads "SAME" with one more at the end if the stride is 2; the weights expect that.
    shifted = stride == 2
    convolution = nn.Conv2d(
        channels,
        out_channels,
        kernel,
        stride=stride,
        padding=0 if shifted else kernel // 2,
        groups=groups,
    )
    before, after = kernel // 2 - 1, kernel // 2
    pad = [nn.ZeroPad2d((before, after, before, after))] if shifted else []
    return [*pad, convolution, nn.ReLU6()]


def parameter_groups(model: nn.Sequential, *, frozen_layers: int) -> list[dict[str, object]]:
    """Return two groups for the optimiser: the features' layers that learn, and the head."""
    return [
        {"params": list(model.features[frozen_layers:].parameters())},
        {"params": list(model.head.parameters())},
    ]
