"""Drawings of generated photos: their class, sharpness and brightness."""

import base64
from dataclasses import replace

import pytest

from handlers.domain.photo.quality import Quality
from handlers.domain.photo.wire_image import Prepared, prepare
from infra.demo.drawings import drawings
from infra.demo.samples import drawing
from monitoring.report import PhotoFacts
from tests.monitoring.report.a_day import photos

GOOD = {"width": 4000.0, "height": 3000.0, "sharpness": 3.3, "brightness": 0.45}


def a_photo(**quality: float) -> PhotoFacts:
    return replace(photos(1)[0], quality={**GOOD, **quality})


def shown(photo: PhotoFacts, truth: str = "bicycle") -> Quality:
    """The measured quality of the photo's drawing."""
    (thumbnail,) = drawings({photo.photo_id: truth}, [photo], [photo.photo_id])
    assert thumbnail.photo_id == photo.photo_id
    prepared = prepare(base64.b64decode(thumbnail.data_uri.partition(",")[2]))
    assert isinstance(prepared, Prepared)
    return prepared.quality


def test_a_blurred_photo_gets_a_blurred_drawing() -> None:
    sharp, soft, blurred = (
        shown(a_photo(sharpness=figure)).sharpness for figure in (3.3, 2.6, 1.8)
    )
    assert sharp > soft > blurred
    assert sharp - blurred > 0.5


def test_a_drawing_has_the_brightness_of_its_photo() -> None:
    for brightness in (0.25, 0.4):
        assert shown(a_photo(brightness=brightness)).brightness == pytest.approx(
            brightness, abs=0.03
        )


def test_an_upright_photo_gets_an_upright_drawing() -> None:
    upright = shown(a_photo(width=3000.0, height=4000.0))
    assert upright.height > upright.width


def test_every_class_has_its_own_picture_and_a_photo_always_the_same() -> None:
    pictures = {
        truth: drawing(truth, "a photo", (320, 240)).tobytes()
        for truth in ("bicycle", "motorcycle", "other")
    }
    assert len({*pictures.values()}) == 3
    assert pictures["bicycle"] == drawing("bicycle", "a photo", (320, 240)).tobytes()
