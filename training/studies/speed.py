"""Time for one image on one thread: the served file, and the same network in torch."""

import importlib.util
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from training.config import TrainConfig
from training.serving.predictor import Predictor

ROUNDS = 200
_WARM_UP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Median milliseconds for one image; `torch` is absent (None) without that package."""

    served: float
    torch: float | None

    @property
    def ratio(self) -> float | None:
        """Return the served file's time divided by torch's."""
        return None if self.torch is None else self.served / self.torch

    def to_wire(self) -> dict[str, float | None]:
        """Return the times and their ratio as JSON values."""
        return {"served_ms": self.served, "torch_ms": self.torch, "ratio": self.ratio}


def measure(predictor: Predictor, config: TrainConfig, *, rounds: int = ROUNDS) -> Speed:
    """Measure `rounds` images of each kind, in turns, so that a busy machine slows both.

    Torch's weights are random, which does not change the time.
    """
    spec = predictor.manifest.input
    image = np.zeros((1, 3, spec.height, spec.width), dtype=np.float32)
    has_torch = importlib.util.find_spec("torch") is not None
    runs: list[Callable[[], object]] = [partial(predictor.first_look, image)]
    if has_torch:
        runs.append(_in_torch(image, config))
    turns = [[_milliseconds(run) for run in runs] for _ in range(_WARM_UP + rounds)]
    medians = [statistics.median(times) for times in zip(*turns[_WARM_UP:], strict=True)]
    return Speed(served=medians[0], torch=medians[1] if has_torch else None)


def _in_torch(image: NDArray[np.float32], config: TrainConfig) -> Callable[[], object]:
    # Imported here, as the served file is also measured without torch.
    import torch  # noqa: PLC0415

    from training.model.network import ModelConfig, build_model  # noqa: PLC0415

    torch.set_num_threads(1)
    shape = ModelConfig(classes=len(config.classes), width=config.width, depth=config.depth)
    model = build_model(shape).eval().to(memory_format=torch.channels_last)
    tensor = torch.from_numpy(image).contiguous(memory_format=torch.channels_last)
    infer: Callable[[], object] = torch.inference_mode()(partial(model, tensor))
    return infer


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)
