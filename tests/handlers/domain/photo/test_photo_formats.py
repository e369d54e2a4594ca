"""docs/photo-formats.md is the table of `tests/photo_variants.py`, and each of its rows is true."""

from importlib.metadata import version

import pytest
from PIL import Image, ImageStat

from handlers.domain.photo.wire_image import Prepared, Refusal, prepare
from handlers.domain.review.display_image import upright_jpeg
from tests import documents
from tests.handlers.domain.photo.test_wire_image import accepted, difference
from tests.photo_variants import SIZE, TRANSPARENT, VARIANTS, Variant
from tests.pictures import a_picture, encoded

_RESULTS = {
    "read": "read",
    "turned": "read and turned upright",
    TRANSPARENT: "read; transparent becomes white",
}
_DECODERS = {
    "JPEG": f"libjpeg-turbo, in Pillow {version('pillow')}",
    "PNG": f"Pillow {version('pillow')}",
    "WebP": f"libwebp, in Pillow {version('pillow')}",
    "HEIC": f"libheif and libde265, in pillow-heif {version('pillow-heif')}",
    "others": "none",
}


def names(variant: Variant) -> str:
    return f"{variant.image_format}-{variant.name[:40]}"


@pytest.mark.parametrize(
    "variant", [variant for variant in VARIANTS if variant.result in _RESULTS], ids=names
)
def test_a_valid_variant_comes_out_upright_and_whole(variant: Variant) -> None:
    _, reference = accepted(encoded(a_picture(SIZE), "PNG"))
    for number, data in enumerate(variant.inputs()):
        _, wire = accepted(data)
        if variant.result == TRANSPARENT:
            assert min(ImageStat.Stat(wire).mean) > 250, number
        elif variant.is_exact:
            assert wire.size == SIZE, number
            assert difference(wire, reference) < 12, number
        assert isinstance(upright_jpeg(data), bytes), number


@pytest.mark.parametrize(
    "variant", [variant for variant in VARIANTS if variant.result not in _RESULTS], ids=names
)
def test_a_refused_variant_is_refused_for_its_reason(variant: Variant) -> None:
    for number, data in enumerate(variant.inputs()):
        result = prepare(data)
        assert isinstance(result, Refusal), (number, "accepted")
        assert result.reason == variant.result, (number, result.message)
        assert isinstance(upright_jpeg(data), Refusal), number


def test_the_document_is_the_table() -> None:
    rows = [
        documents.cells(
            variant.image_format,
            variant.name,
            _RESULTS.get(variant.result, f"refused: `{variant.result}`"),
            variant.why,
        )
        for variant in VARIANTS
    ]
    head = ["| format | variant | result | why |", "|---|---|---|---|"]
    documents.matches("docs/photo-formats.md", "variants", "\n".join([*head, *rows]))


def test_the_document_names_the_decoders() -> None:
    rows = [documents.cells(name, decoder) for name, decoder in _DECODERS.items()]
    table = "\n".join(["| format | decoder |", "|---|---|", *rows])
    documents.matches("docs/photo-formats.md", "decoders", table)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
def test_a_long_uniform_area_is_not_taken_for_a_fill(image_format: str, mode: str) -> None:
    """An encoder writes zeros for it, and these are pixels."""
    picture = Image.new(mode, (1600, 1200), "white")
    picture.paste(a_picture((1600, 200)).convert(mode), (0, 0))
    for options in ({"optimize": True}, {"optimize": True, "progressive": True}):
        kinds = options if image_format == "JPEG" else {"lossless": "progressive" in options}
        data = encoded(picture, image_format, method=0, **kinds)
        assert isinstance(prepare(data), Prepared)
