"""One image, one thread: the served file beside the same network in torch."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from training.model import ModelConfig, build_model
from training.serving.predictor import Predictor
from training.settings import TrainConfig
from training.views import as_served

_ROUNDS = 200
_WARM_UP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Milliseconds for one image, medians."""

    served: float
    torch: float

    @property
    def ratio(self) -> float:
        """The served file's share of torch's time."""
        return self.served / self.torch


def measure(predictor: Predictor, config: TrainConfig, *, rounds: int = _ROUNDS) -> Speed:
    """Taken in turns, so that a busy machine slows both. Torch's weights are random: no matter."""
    spec = predictor.manifest.input
    image = np.zeros((1, 3, spec.height, spec.width), dtype=np.float32)
    torch.set_num_threads(1)
    shape = ModelConfig(classes=len(config.classes), width=config.width)
    model = as_served(build_model(shape), config).eval().to(memory_format=torch.channels_last)
    tensor = torch.from_numpy(image).contiguous(memory_format=torch.channels_last)
    served: list[float] = []
    original: list[float] = []
    with torch.inference_mode():
        for _ in range(_WARM_UP + rounds):
            served.append(_milliseconds(partial(predictor.logits, image)))
            original.append(_milliseconds(partial(model, tensor)))
    return Speed(
        served=statistics.median(served[_WARM_UP:]), torch=statistics.median(original[_WARM_UP:])
    )


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)
