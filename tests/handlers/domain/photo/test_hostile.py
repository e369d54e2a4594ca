"""A sample of the hostile files; `python -m tests.hostile` runs all of them."""

import random
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import pytest

from tests.hostile.bombs import (
    disguised,
    header_sizes,
    heic_bombs,
    jpeg_bombs,
    odd_sides,
    png_bombs,
    polyglots,
)
from tests.hostile.files import File, damaged, files_in, truncated, valid_pictures
from tests.hostile.runner import REASONS, Decoder, decode_all


def sample(files: Iterable[File], count: int) -> list[File]:
    """Return a reproducible sample of the files."""
    every = list(files)
    return random.Random(7).sample(every, min(count, len(every)))  # noqa: S311 - a choice of files


def harmful(files: Iterable[File]) -> list[object]:
    return [decoding for decoding in decode_all(files) if not decoding.is_harmless]


def test_the_valid_pictures_are_accepted() -> None:
    outcomes = {
        decoding.name: decoding.outcome for decoding in decode_all(valid_pictures().items())
    }
    assert {name for name, outcome in outcomes.items() if outcome != "accepted"} == set()


def test_truncated_and_damaged_files_end_in_one_typed_outcome() -> None:
    pictures = valid_pictures().items()
    cut = chain.from_iterable(truncated(*picture) for picture in pictures)
    broken = chain.from_iterable(damaged(*picture, seed=7) for picture in pictures)
    assert not harmful(sample(cut, 120) + sample(broken, 180))


def test_polyglots_and_files_with_a_false_size_do_no_harm() -> None:
    pictures = valid_pictures()
    mixed = chain.from_iterable(polyglots(*picture) for picture in pictures.items())
    assert not harmful(sample(mixed, 40) + sample(header_sizes(pictures), 20))


def test_files_of_other_kinds_are_refused() -> None:
    assert {decoding.outcome for decoding in decode_all(disguised())} <= REASONS - {"accepted"}


@pytest.mark.parametrize("bombs", [png_bombs, jpeg_bombs, heic_bombs])
def test_bombs_stay_within_the_functions_limits(bombs: Callable[[], Iterable[File]]) -> None:
    assert not harmful(bombs())


def test_pictures_of_odd_sides_do_no_harm() -> None:
    assert not harmful(sample(odd_sides(), 12))


def test_a_crash_of_the_process_is_reported_for_its_file() -> None:
    with Decoder() as decoder:
        decoder._child.kill()
        decoder._child.wait()
        assert decoder.decode("culprit", b"photo").outcome == "crash"
        assert decoder.decode("next", b"photo").outcome == "not_a_photo"


def test_third_party_files_do_no_harm(shared: Path) -> None:
    if not (shared / "corpora").is_dir():
        pytest.skip("no corpora in the folder of third-party files")
    assert not harmful(sample(files_in(shared / "corpora"), 100))
