"""Checkpoints of the training loop: a run that was killed continues to the same result.

Spot machines are taken away with two minutes' notice or without. Saved is everything that the loop
changes; which photos it draws follows from the seed and the step alone.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopState:
    """Everything that one step of training changes, besides the random generators."""

    model: nn.Module
    averaged: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    def parts(self) -> dict[str, Any]:  # Any: their common interface is a state_dict
        """Return the objects by the name under which each is saved."""
        return {
            "model": self.model,
            "averaged": self.averaged,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
        }


class Checkpoint:
    """The checkpoint file of one loop, replaced atomically by each newer one."""

    def __init__(self, path: Path, *, every: int, report: Callable[[str], None]) -> None:
        """Save to `path` every so many steps.

        The name must depend on everything that decides the result: a file of another run would
        be resumed.
        """
        self._path = path
        self._every = max(1, every)
        self._report = report

    def resume(self, state: LoopState) -> int:
        """Restore the state from the file and return the number of finished steps, else 0."""
        try:
            saved = torch.load(self._path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            return 0
        # A truncated file, as of a full disk, raises nearly any exception and is of no use.
        except Exception as error:  # noqa: BLE001
            self._report(f"{self._path} cannot be read ({error}); starting from the first step")
            return 0
        for name, part in state.parts().items():
            part.load_state_dict(saved[name])
        _restore_generators(saved["generators"])
        step = int(saved["step"])
        self._report(f"continuing after step {step}, from {self._path}")
        return step

    def step_done(self, step: int, state: LoopState) -> None:
        """Save the state if the step is a multiple of the interval."""
        if step % self._every:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".partial")
        torch.save(
            {
                "step": step,
                "generators": _generators(),
                **{name: part.state_dict() for name, part in state.parts().items()},
            },
            unfinished,
        )
        unfinished.replace(self._path)

    def remove(self) -> None:
        """Delete the file, once the loop's result is stored elsewhere."""
        self._path.unlink(missing_ok=True)


def _generators() -> dict[str, Any]:  # Any: each library's own structure
    """Return the states of the generators that `fit.seed_everything` seeds."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"torch": torch.get_rng_state(), "cuda": cuda, "python": random.getstate()}


def _restore_generators(saved: dict[str, Any]) -> None:  # Any: as in `_generators`
    torch.set_rng_state(saved["torch"])
    if torch.cuda.is_available() and saved["cuda"]:
        torch.cuda.set_rng_state_all(saved["cuda"])
    version, internal, gauss = saved["python"]
    random.setstate((version, tuple(internal), gauss))
