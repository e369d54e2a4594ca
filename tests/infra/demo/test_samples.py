"""The drawn samples: a mix, the same every time, each with the result that it names."""

import io
import itertools
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from typer import Typer
from typer.testing import CliRunner

from handlers.domain.photo.wire_image import Prepared, Refusal, prepare
from infra.demo.samples import SHOWN, Sample, draw_samples, named_samples, samples
from infra.demo.samples.__main__ import main
from infra.demo.samples.canvas import Canvas
from infra.demo.samples.pictures import Pose, draw_picture
from infra.demo.samples.spoiled import SPOILED
from infra.demo.samples.view import View, arc, curve

# A loaded machine is slow, but does not use more of its processor for the same work.
MOST_CPU_S = 20


@pytest.fixture(scope="module")
def shown() -> tuple[Sample, ...]:
    """What the demo shows, drawn once for all tests."""
    started = time.process_time()
    drawn = (*named_samples(), *samples(1, SHOWN - 3))
    assert time.process_time() - started < MOST_CPU_S
    return drawn


def test_the_same_seed_gives_the_same_files_and_a_longer_series_begins_the_same(
    shown: tuple[Sample, ...],
) -> None:
    assert (*named_samples(), *samples(1, 8)) == shown[:11]
    others = [sample.data for sample in samples(2, 4)]
    assert not {sample.data for sample in shown} & set(others)


def test_samples_are_drawn_one_by_one() -> None:
    many = samples(3, 100_000)
    assert len(list(itertools.islice(many, 3))) == 3


def test_the_demo_shows_every_kind(shown: tuple[Sample, ...]) -> None:
    subjects = Counter(sample.subject for sample in shown)
    assert subjects == {"bicycle": 14, "motorcycle": 13, "other": 6, "spoiled": 7}
    kinds = {sample.kind for sample in shown if sample.subject != "spoiled"}
    assert kinds >= {"city", "racing", "mountain", "step-through", "cargo", "e-bike", "folding"}
    assert kinds >= {"scooter", "cruiser", "sport", "naked", "touring", "delivery"}
    assert kinds >= {"car", "person", "trolley", "empty-street", "van"}
    refusals = {sample.refusal for sample in shown} - {None}
    assert refusals == {"corrupt", "empty", "not_a_photo", "too_large"}
    assert {sample.defect for sample in shown} - {None} == {"dark", "blurred", "overexposed"}


def test_formats_and_orientations_are_mixed_and_the_pictures_upright(
    shown: tuple[Sample, ...],
) -> None:
    seen = set()
    for sample in shown:
        result = prepare(sample.data)
        if sample.subject != "spoiled" and isinstance(result, Prepared):
            seen |= {result.quality.image_format, result.quality.orientation}
            # Sizes in pictures that are not upright would be swapped.
            size = (result.quality.width, result.quality.height)
            assert size in {(800, 600), (960, 720), (1024, 768), (600, 800)}
    assert seen >= {"JPEG", "PNG", "WEBP", 1, 3, 6, 8}


def test_a_turned_picture_is_stored_turned_and_read_upright() -> None:
    sample = next(drawn for drawn in samples(1, 60) if turned_by_a_quarter(drawn))
    with Image.open(io.BytesIO(sample.data)) as image:
        stored = image.size
    result = prepare(sample.data)
    assert isinstance(result, Prepared)
    assert (result.quality.height, result.quality.width) == stored


def turned_by_a_quarter(sample: Sample) -> bool:
    result = prepare(sample.data)
    return isinstance(result, Prepared) and result.quality.orientation in {6, 8}


def test_each_sample_has_the_expected_result(shown: tuple[Sample, ...]) -> None:
    for sample in shown:
        check_result(sample)


@pytest.mark.parametrize("kind", SPOILED)
def test_each_way_to_spoil_a_photo_is_detected(kind: str) -> None:
    colours = ((184, 40, 32), (60, 60, 60))
    image = draw_picture("bicycle", "city", colours, "brick", Pose(), seed=kind)
    how = SPOILED[kind]
    check_result(
        Sample(
            name=f"{kind}{how.suffix}",
            subject="spoiled",
            kind=kind,
            vehicle=None,
            refusal=how.refusal,
            defect=how.defect,
            data=how.spoil(image),
        )
    )


def check_result(sample: Sample) -> None:
    result = prepare(sample.data)
    if sample.refusal:
        assert isinstance(result, Refusal), sample.name
        assert result.reason == sample.refusal, sample.name
        return
    assert isinstance(result, Prepared), sample.name
    if sample.defect:
        assert sample.defect in result.quality.defects(), sample.name
    else:
        assert not result.quality.defects(), sample.name


def test_names_describe_the_subject_and_are_safe(shown: tuple[Sample, ...]) -> None:
    names = [sample.name for sample in shown]
    assert len(set(names)) == len(names)
    for sample in shown:
        assert re.fullmatch(r"[a-z0-9-]+\.(jpg|png|webp)", sample.name)
        assert sample.name.startswith(sample.vehicle or sample.kind)
    assert {"bicycle-red.jpg", "motorcycle-black.jpg", "empty-street.jpg"} <= set(names)


def test_a_small_count_draws_the_named_samples_only(tmp_path: Path) -> None:
    draw_samples(tmp_path, count=2)
    assert {file.name for file in tmp_path.iterdir()} == {
        "bicycle-red.jpg",
        "motorcycle-black.jpg",
    }


def test_the_program_writes_into_a_new_folder(tmp_path: Path) -> None:
    app = Typer()
    app.command()(main)
    folder = tmp_path / "new" / "folder"
    result = CliRunner().invoke(app, [str(folder), "--count", "5", "--seed", "4"])
    assert result.exit_code == 0, result.output
    assert len(list(folder.iterdir())) == 5
    assert CliRunner().invoke(app, [str(folder), "--count", "0"]).exit_code == 2


def test_a_nearer_shape_covers_a_farther_one_from_either_side() -> None:
    for side, expected in ((1, (0, 0, 200)), (-1, (200, 0, 0))):
        view = View(size=(100, 100), focal=200.0, centre=50.0, horizon=50.0, eye=0.0, side=side)
        image = Image.new("RGB", view.size)
        canvas = Canvas(image, view)
        for z, colour in ((0.2, (0, 0, 200)), (-0.2, (200, 0, 0))):
            canvas.ring((0.0, 0.0, z), 0.5, 0.5, colour)
        canvas.paint()
        assert image.getpixel((50, 50)) == expected


def test_a_curve_goes_through_its_points_and_an_arc_keeps_its_distance() -> None:
    corners = ((0.0, 0.0), (1.0, 1.0), (2.0, 0.0))
    assert set(corners) <= set(curve(corners))
    for x, y in arc((1.0, 2.0), 0.5, 0, 270):
        assert (x - 1) ** 2 + (y - 2) ** 2 == pytest.approx(0.25)
