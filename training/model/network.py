"""MobileNetV1, as a plain sequence of torch layers.

Batch normalisation is folded into the pretrained weights already, so every layer is a convolution
with bias: the trained layers are those that are exported and quantised.
"""

from dataclasses import dataclass

from torch import nn

# Output channels at width 1.0 and stride of the 13 depthwise-separable blocks
# (Howard et al. 2017, https://arxiv.org/abs/1704.04861, table 1).
_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip
_STEM_CHANNELS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """The shape of the network."""

    classes: int  # outputs
    width: float = 0.75  # factor of the channels
    dropout: float = 0.2  # share, 0..1, before the head


def build_model(config: ModelConfig) -> nn.Sequential:
    """Build `features` (convolutions), pooling, dropout and `head`.

    It maps images (N, 3, height, width) to logits (N, classes).
    """
    channels = round(_STEM_CHANNELS * config.width)
    layers = _convolution(3, channels, kernel=3, stride=2)
    for full_width, stride in _BLOCKS:
        out_channels = round(full_width * config.width)
        layers += _convolution(channels, channels, kernel=3, stride=stride, groups=channels)
        layers += _convolution(channels, out_channels, kernel=1)
        channels = out_channels
    model = nn.Sequential()
    model.add_module("features", nn.Sequential(*layers))
    model.add_module("pool", nn.AdaptiveAvgPool2d(1))
    model.add_module("flatten", nn.Flatten())
    model.add_module("dropout", nn.Dropout(config.dropout))
    model.add_module("head", nn.Linear(channels, config.classes))
    nn.init.normal_(model.head.weight, std=0.01)
    nn.init.zeros_(model.head.bias)
    return model


def convolutions(model: nn.Sequential) -> list[nn.Conv2d]:
    """Return the convolutions of the features, in the order in which they run."""
    return [layer for layer in model.features if isinstance(layer, nn.Conv2d)]


def _convolution(
    channels: int, out_channels: int, *, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    # TensorFlow pads "SAME" at the end only when the stride is 2; the weights expect that.
    shifted = stride == 2
    padding = 0 if shifted or kernel == 1 else kernel // 2
    convolution = nn.Conv2d(
        channels, out_channels, kernel, stride=stride, padding=padding, groups=groups
    )
    pad = [nn.ZeroPad2d((0, 1, 0, 1))] if shifted else []
    return [*pad, convolution, nn.ReLU6()]


def parameter_groups(
    model: nn.Sequential, *, backbone_rate: float, head_rate: float
) -> list[dict[str, object]]:
    """Return two groups for the optimiser: pretrained layers learn slower than the new head."""
    return [
        {"params": list(model.features.parameters()), "lr": backbone_rate},
        {"params": list(model.head.parameters()), "lr": head_rate},
    ]
