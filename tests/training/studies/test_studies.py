"""Seeds, the network without pretrained weights, and speed: tiny, on drawn pictures."""

import math
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.pictures import encoded
from tests.training.drawn import COLOURS, draw
from training.data.sources.files import UnusableData
from training.studies.spread import SeedSpread

torch = pytest.importorskip("torch", reason="torch is not installed; `make train` installs it")

# After the check for torch, which these import.
from tests.training.drawn import TINY  # noqa: E402
from training.config import AugmentConfig, SourceShare, TrainConfig  # noqa: E402
from training.serving.predictor import Predictor  # noqa: E402
from training.studies.from_scratch import ScratchConfig, small_net  # noqa: E402
from training.studies.from_scratch_run import scratch_by_seed  # noqa: E402
from training.studies.seeds import MACRO, forced_by_seed  # noqa: E402
from training.studies.speed import measure  # noqa: E402
from training.train import TrainPaths  # noqa: E402

SMALL = ScratchConfig(
    vehicles=("van", "tram"),
    negatives="nothing",
    extra_source="shapes",
    channels=(4, 8, 8),
    steps=150,
    batch=20,
    rate=1e-2,
    shares=tuple(SourceShare(source="drawn", label=label, weight=1.0) for label in COLOURS),
    augment=AugmentConfig(patch=1 / 8, low_resolution=0.0, motion_blur=0.0, dusk=0.0, colour=0.1),
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    draw(folder / "drawn" / "train", seed=5, count=20)
    draw(folder / "drawn" / "test", seed=6, count=6)
    return folder


def with_extra(data: Path) -> Path:
    """Add an archive whose folders are the second task's classes."""
    (data / "shapes").mkdir()
    with zipfile.ZipFile(data / "shapes" / "train.zip", "w") as archive:
        for name, colour in {"dark": (10, 10, 10), "light": (230, 230, 200)}.items():
            for number in range(8):
                shade = tuple(min(255, part + number) for part in colour)
                image = Image.new("RGB", (32, 32), shade)
                archive.writestr(f"{name}/{number}.png", encoded(image, "PNG"))
    return data


def test_each_seed_is_measured_on_the_test_photos(data: Path, tmp_path: Path) -> None:
    paths = TrainPaths(data_dir=data, weights=None, model_dir=tmp_path, work_dir=tmp_path / "work")
    spreads = forced_by_seed(TINY, paths, [1, 2], lambda _: None)
    assert set(spreads) == {"drawn", MACRO}
    assert len(spreads["drawn"].values) == 2
    assert all(0 <= value <= 1 for value in spreads["drawn"].values)


@pytest.mark.parametrize("held_back", [True, False])
def test_network_without_pretrained_weights_learns_both_tasks(
    data: Path, tmp_path: Path, held_back: bool
) -> None:
    lines: list[str] = []
    spreads = scratch_by_seed(
        with_extra(data),
        [1],
        config=SMALL,
        threads=1,
        held_back=held_back,
        cache_dir=tmp_path / "work",
        report=lines.append,
    )
    assert set(spreads) == {"drawn"}
    assert spreads["drawn"].mean > 0.8  # two plain colours


def test_second_task_needs_its_archive(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match="shapes"):
        scratch_by_seed(
            data,
            [1],
            config=SMALL,
            threads=1,
            held_back=True,
            cache_dir=tmp_path / "work",
            report=lambda _: None,
        )


def test_small_net_has_one_logit_a_class_for_both_tasks() -> None:
    model = small_net((4, 8, 8), 13, 0.1).eval()
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 13)


def test_spread_has_a_deviation_for_three_seeds_and_not_for_one() -> None:
    three = SeedSpread(values=(0.94, 0.95, 0.96))
    assert (three.mean, three.deviation) == pytest.approx((0.95, 0.01))
    assert "95.00 ± 1.00 %" in str(three)
    assert math.isnan(SeedSpread(values=(0.9,)).deviation)


def test_speed_is_measured_on_both_sides(shipped: Path) -> None:
    result = measure(Predictor.load(shipped), replace(TINY, input=TrainConfig().input), rounds=3)
    assert result.torch is not None
    assert min(result.served, result.torch) > 0
    assert result.ratio == result.served / result.torch
