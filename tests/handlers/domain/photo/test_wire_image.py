"""The wire image of any bytes, or the refusal."""

import io
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from handlers.domain.photo.formats import PhotoTooLarge
from handlers.domain.photo.jpeg import first_picture
from handlers.domain.photo.quality import Quality
from handlers.domain.photo.wire_image import (
    MAX_BYTES,
    WIRE_MAX_BYTES,
    WIRE_QUALITY,
    WIRE_SIDE,
    Prepared,
    Refusal,
    prepare,
)
from tests.pictures import a_jpeg, a_picture, a_png_header, encoded, turned

REASONS = {"empty", "not_a_photo", "too_large", "corrupt"}


def accepted(data: bytes) -> tuple[Prepared, Image.Image]:
    result = prepare(data)
    assert isinstance(result, Prepared), result
    return result, Image.open(io.BytesIO(result.wire_image))


def refused(data: bytes) -> Refusal:
    result = prepare(data)
    assert isinstance(result, Refusal), "accepted"
    assert result.reason in REASONS
    assert result.message.endswith(".")
    return result


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other)).mean)


def test_the_wire_image_is_a_small_plain_rgb_jpeg() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    result, wire = accepted(a_jpeg((4032, 3024), exif=exif, comment=b"taken at home"))
    assert (wire.format, wire.mode, wire.size) == ("JPEG", "RGB", (WIRE_SIDE, 168))
    assert len(result.wire_image) <= WIRE_MAX_BYTES
    assert not wire.getexif()
    assert b"taken at home" not in result.wire_image
    assert (result.quality.width, result.quality.height) == (4032, 3024)


def test_a_small_photo_is_not_enlarged() -> None:
    _, wire = accepted(a_jpeg((32, 32)))
    assert wire.size == (32, 32)


@pytest.mark.parametrize("size", [(640, 480), (480, 640)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int, size: tuple[int, int]) -> None:
    result, wire = accepted(turned(orientation, size))
    _, upright = accepted(a_jpeg(size))
    assert wire.size == upright.size
    assert difference(wire, upright) < 4
    assert (result.quality.width, result.quality.height) == size
    assert result.quality.orientation == orientation


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("image_format", ["PNG"])
def test_every_png_mode_becomes_rgb(mode: str, image_format: str) -> None:
    picture = a_picture().convert("L") if mode == "I;16" else a_picture(mode=mode)
    if mode == "I;16":
        sixteen = Image.new("I;16", picture.size)
        sixteen.frombytes(b"".join(bytes((value, value)) for value in picture.tobytes()))
        picture = sixteen
    _, wire = accepted(encoded(picture, image_format))
    expected = a_picture(mode="L" if mode == "I;16" else mode).convert("RGB").resize(wire.size)
    assert difference(wire, expected) < (40 if mode == "1" else 12)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_every_jpeg_mode_becomes_rgb(mode: str, options: dict[str, bool]) -> None:
    _, wire = accepted(encoded(a_picture(mode=mode), "JPEG", **options))
    assert difference(wire, a_picture(mode=mode).convert("RGB").resize(wire.size)) < 12


def test_transparent_pixels_become_white() -> None:
    _, wire = accepted(encoded(Image.new("RGBA", (300, 300), (0, 0, 0, 0)), "PNG"))
    assert wire.getpixel((100, 100)) == (255, 255, 255)


def test_a_palette_with_transparency_becomes_white_too() -> None:
    picture = Image.new("P", (64, 64), 3)
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    _, wire = accepted(encoded(picture, "PNG", transparency=3))
    assert wire.getpixel((30, 30)) == (255, 255, 255)


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_the_first_frame_of_an_animation_is_used(image_format: str) -> None:
    first, second = a_picture(), Image.new("RGB", (640, 480), "black")
    data = encoded(first, image_format, save_all=True, append_images=[second])
    _, wire = accepted(data)
    assert difference(wire, first.resize(wire.size)) < 12


def test_the_format_is_decided_by_content() -> None:
    assert refused(b"This is a text file named photo.jpg").reason == "not_a_photo"
    assert refused(encoded(a_picture(), "GIF")).reason == "not_a_photo"
    assert refused(encoded(a_picture(), "BMP")).reason == "not_a_photo"


def test_an_empty_file_is_refused() -> None:
    assert refused(b"").reason == "empty"


def test_too_many_bytes_are_refused_undecoded() -> None:
    refusal = refused(a_jpeg() + b"\0" * MAX_BYTES)
    assert refusal.reason == "too_large"
    assert "15.0 MB" in refusal.message


@pytest.mark.parametrize(
    ("width", "height"), [(10_000, 10_000), (12_001, 10), (10, 60_000), (6_000, 5_000)]
)
def test_too_many_pixels_are_refused_by_the_header_alone(width: int, height: int) -> None:
    assert refused(a_png_header(width, height)).reason == "too_large"


def test_a_jpeg_with_too_many_pixels_is_refused_before_its_decoder_sees_it() -> None:
    data = bytearray(a_jpeg())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(PhotoTooLarge):
        first_picture(bytes(data))


def test_a_jpeg_may_have_more_pixels_than_a_png() -> None:
    big = Image.new("L", (7000, 7000), 128)
    assert isinstance(prepare(encoded(big, "JPEG")), Prepared)
    assert refused(encoded(big, "PNG")).reason == "too_large"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_a_truncated_photo_is_corrupt(image_format: str, share: float) -> None:
    data = encoded(a_picture(), image_format)
    assert refused(data[: int(len(data) * share)]).reason == "corrupt"


def test_a_photo_with_malformed_exif_is_accepted() -> None:
    data = turned(6)
    broken = data.replace(b"MM\x00*", b"MM\x00\xff").replace(b"II*\x00", b"II\xff\x00")
    assert broken != data
    result, _ = accepted(broken)
    assert result.quality.orientation == 1


def test_the_wire_image_of_noise_is_within_the_limit() -> None:
    side = WIRE_SIDE  # not scaled, which would smooth it
    samples = random.Random(1).choices((0, 255), k=3 * side * side)  # noqa: S311 # noise
    noise = Image.frombytes("RGB", (side, side), bytes(samples))
    assert len(encoded(noise, "JPEG", quality=WIRE_QUALITY)) > WIRE_MAX_BYTES
    result, _ = accepted(encoded(noise, "PNG"))
    assert len(result.wire_image) <= WIRE_MAX_BYTES


def test_the_same_bytes_give_the_same_wire_image() -> None:
    assert prepare(a_jpeg()) == prepare(a_jpeg())


@settings(max_examples=60, deadline=None)
@given(
    position=st.integers(0, 4000), junk=st.binary(min_size=1, max_size=20), where=st.integers(0, 2)
)
def test_damaged_bytes_give_one_typed_result(position: int, junk: bytes, where: int) -> None:
    data = encoded(a_picture((160, 120)), ("JPEG", "PNG", "WEBP")[where])
    damaged = data[:position] + junk + data[position + len(junk) :]
    result = prepare(damaged)
    assert isinstance(result, Prepared) or result.reason in REASONS


@pytest.mark.parametrize(
    ("defect", "picture"),
    [
        ("tiny", a_picture((20, 200))),
        ("dark", a_picture().point(lambda value: value * 0.05)),
        ("overexposed", Image.new("RGB", (300, 300), "white")),
        ("flat", Image.new("RGB", (300, 300), "grey")),
        ("blurred", a_picture().filter(ImageFilter.GaussianBlur(60))),
        ("drawn", ImageOps.expand(Image.new("RGB", (280, 280), "white"), 10)),
        ("drawn", Image.effect_noise((64, 64), 900).convert("1").convert("RGB")),
    ],
)
def test_poor_photos_are_accepted_with_their_defect_named(
    defect: str, picture: Image.Image
) -> None:
    result, _ = accepted(encoded(picture, "PNG"))
    assert defect in result.quality.defects()


def test_a_good_photo_has_no_defect() -> None:
    result, _ = accepted(a_jpeg())
    assert result.quality.defects() == ()


def test_a_sharp_photo_of_32_pixels_has_no_defect() -> None:
    picture = Image.effect_noise((32, 32), 60).convert("RGB").filter(ImageFilter.GaussianBlur(1))
    result, _ = accepted(encoded(picture, "PNG"))
    assert result.quality.defects() == ()


def test_a_record_of_before_the_figure_of_drawings_is_read() -> None:
    result, _ = accepted(a_jpeg())
    wire = result.quality.to_wire()
    del wire["two_tone_share"]
    assert Quality.from_wire(wire).defects() == ()


def test_the_camera_corpus_comes_out_upright(shared: Path) -> None:
    for shape in ("Landscape", "Portrait"):
        folder = shared / "corpora" / "exif-orientation"
        _, reference = accepted((folder / f"{shape}_1.jpg").read_bytes())
        for orientation in range(1, 9):
            _, wire = accepted((folder / f"{shape}_{orientation}.jpg").read_bytes())
            assert wire.size == reference.size
            assert difference(wire, reference) < 10, (shape, orientation)


def test_every_valid_png_of_the_suite_is_accepted_and_every_broken_one_refused(
    shared: Path,
) -> None:
    files = sorted((shared / "corpora" / "pngsuite").rglob("*.png"))
    valid = [file for file in files if not file.name.startswith("x")]
    assert len(valid) == 161
    assert [file.name for file in valid if isinstance(prepare(file.read_bytes()), Refusal)] == []
    broken = [file for file in files if file.name.startswith("x")]
    accepted_anyway = [f.name for f in broken if isinstance(prepare(f.read_bytes()), Prepared)]
    assert accepted_anyway in ([], ["xcsn0g01.png"])  # Pillow accepts one wrong checksum
