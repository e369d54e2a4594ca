"""Pictures that are not photos go to review, whichever model is shipped."""

import pytest

from handlers.domain.photo.quality import Quality
from handlers.domain.photo.wire_image import Prepared, prepare
from tests.contract.not_photos import assigned, not_photos


def quality_of(data: bytes) -> Quality:
    prepared = prepare(data)
    assert isinstance(prepared, Prepared)
    return prepared.quality


@pytest.fixture(scope="module")
def drawn() -> dict[str, Quality]:
    return {name: quality_of(data) for name, data in not_photos(250, seed=5)}


def test_nearly_no_drawing_is_assigned() -> None:
    """Without the defect `drawn`, one in ten is: mostly loose lines and large words."""
    assert len(assigned(250, seed=5)) <= 3


def test_words_and_lines_of_two_tones_are_drawn_at_every_size(drawn: dict[str, Quality]) -> None:
    of_ink = [quality for name, quality in drawn.items() if name.startswith(("words", "lines"))]
    named = [quality for quality in of_ink if "drawn" in quality.defects()]
    assert len(named) > 0.8 * len(of_ink)
    assert min(min(quality.width, quality.height) for quality in named) < 48
    assert max(max(quality.width, quality.height) for quality in named) > 400
