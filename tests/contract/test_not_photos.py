"""Pictures that are not photos go to review, whichever model is shipped."""

from handlers.domain.photo.wire_image import Prepared, prepare
from tests.contract.not_photos import assigned, not_photos


def test_nearly_no_drawing_is_assigned() -> None:
    """Without the defect `drawn`, one in ten is: mostly loose lines and large words."""
    assert len(assigned(150, seed=3)) <= 2


def test_words_and_lines_are_drawn_at_every_size() -> None:
    pictures = [data for name, data in not_photos(100) if name.startswith(("words", "lines"))]
    prepared = [result for data in pictures if isinstance(result := prepare(data), Prepared)]
    named = [result.quality for result in prepared if "drawn" in result.quality.defects()]
    assert len(named) > 0.75 * len(pictures)
    assert min(min(quality.width, quality.height) for quality in named) < 48
    assert max(max(quality.width, quality.height) for quality in named) > 400
