"""A training loop that is killed, and continues."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.config import TrainConfig
from training.data.photo_set import PhotoSet
from training.serving.manifest import InputSpec

torch = pytest.importorskip("torch", reason="torch is not installed; `make train` installs it")

# After the check for torch, which these import.
from training.model.checkpoint import Checkpoint, LoopState  # noqa: E402
from training.model.fit import backbone_rate, fit  # noqa: E402
from training.model.network import ModelConfig, build_model  # noqa: E402

CONFIG = TrainConfig(
    classes=("van", "tram", "nothing"),
    vehicles=("van", "tram"),
    input=InputSpec(width=32, height=32, mean=127.5, scale=127.5, layout="NCHW", name="image"),
    width=0.25,
    depth=0.5,
    epochs=2,
    epoch_photos=60,
    batch=10,
    threads=1,
)
STEPS = 12


class Killed(Exception):
    """The spot machine was reclaimed."""


class KilledAfterStep(Checkpoint):
    """Saves as usual, then ends the loop after a step."""

    last_step: int

    def step_done(self, step: int, state: LoopState) -> None:
        super().step_done(step, state)
        if step == self.last_step:
            raise Killed


@pytest.fixture(scope="module")
def photos() -> PhotoSet:
    generator = np.random.default_rng(3)
    labels = np.arange(30, dtype=np.int64) % 3
    pixels = generator.integers(1, 120, size=(30, 32, 32, 3), dtype=np.uint8)
    for row, label in enumerate(labels):
        pixels[row, :, :, label] += 120
    return PhotoSet(
        pixels=pixels,
        labels=labels,
        sources=np.array(["drawn"] * 30),
        hashes=np.array([f"{row:064x}" for row in range(30)]),
    )


@pytest.fixture(scope="module")
def run(photos: PhotoSet) -> Callable[[Checkpoint | None], bytes]:
    """A function that fits the same model and returns the bytes of its weights."""

    def fitted(checkpoint: Checkpoint | None) -> bytes:
        torch.set_num_threads(1)
        model = fit(
            photos,
            CONFIG,
            weights=None,
            name="test",
            report=lambda _: None,
            checkpoint=checkpoint,
        )
        tensors = model.state_dict().values()
        return b"".join(tensor.contiguous().numpy().tobytes() for tensor in tensors)

    return fitted


@pytest.mark.parametrize("last_step", [1, 4, 5, STEPS])
def test_killed_run_ends_with_the_same_weights(
    run: Callable[[Checkpoint | None], bytes], tmp_path: Path, last_step: int
) -> None:
    path, lines = tmp_path / "loop.checkpoint", list[str]()
    killed = KilledAfterStep(path, every=2, report=lines.append)
    killed.last_step = last_step
    with pytest.raises(Killed):
        run(killed)
    resumed = run(Checkpoint(path, every=2, report=lines.append))
    assert resumed == run(None)
    resumed_lines = [line for line in lines if line.startswith("continuing after step")]
    assert len(resumed_lines) == (last_step >= 2)


def test_saving_does_not_change_the_result(
    run: Callable[[Checkpoint | None], bytes], tmp_path: Path
) -> None:
    saving = Checkpoint(tmp_path / "loop.checkpoint", every=1, report=lambda _: None)
    assert run(saving) == run(None)


@pytest.mark.parametrize("keep", [0, 100, 20_000])
def test_damaged_checkpoint_restarts_the_loop_with_the_same_result(
    run: Callable[[Checkpoint | None], bytes], tmp_path: Path, keep: int
) -> None:
    path, lines = tmp_path / "loop.checkpoint", list[str]()
    run(Checkpoint(path, every=4, report=lines.append))
    content = path.read_bytes()
    assert len(content) > keep
    path.write_bytes(content[:keep])
    assert run(Checkpoint(path, every=4, report=lines.append)) == run(None)
    assert any("cannot be read" in line for line in lines)


def test_finished_loop_deletes_its_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "loop.checkpoint"
    model = build_model(ModelConfig(classes=3, width=0.25))
    optimizer = torch.optim.AdamW(model.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: backbone_rate(step / STEPS, CONFIG)
    )
    state = LoopState(model=model, averaged=model, optimizer=optimizer, schedule=schedule)
    saved = Checkpoint(path, every=3, report=lambda _: None)
    saved.step_done(2, state)
    assert not path.exists()
    saved.step_done(3, state)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    saved.remove()
    saved.remove()
    assert not list(tmp_path.iterdir())


def test_checkpoint_of_another_model_is_refused(tmp_path: Path, photos: PhotoSet) -> None:
    path = tmp_path / "loop.checkpoint"
    saved = Checkpoint(path, every=1, report=lambda _: None)
    fit(photos, CONFIG, weights=None, name="a", report=lambda _: None, checkpoint=saved)
    with pytest.raises(RuntimeError, match="size mismatch"):
        fit(
            photos,
            replace(CONFIG, width=0.5),
            weights=None,
            name="b",
            report=lambda _: None,
            checkpoint=saved,
        )
