"""What phones and their applications write, drawn by the project."""

import io
import re
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageStat, UnidentifiedImageError

from handlers.domain.photo import Prepared, Refusal, prepare
from handlers.domain.photo_jpeg import MAX_SCANS
from infra.function_specs import FUNCTIONS
from infra.packaging import package_files
from tests.arithmetic_pictures import PROGRESSIVE, SEQUENTIAL
from tests.handlers.domain.test_photo import accepted, difference, refused
from tests.heic_pictures import a_heic
from tests.pictures import (
    EXIF_ORIENTATION,
    a_box,
    a_jpeg,
    a_picture,
    encoded,
    jpeg_segment,
    turned,
    with_segments,
)


def an_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return exif.tobytes()


def test_a_heic_becomes_a_wire_image() -> None:
    result, wire = accepted(a_heic())
    assert (wire.format, wire.mode, wire.size) == ("JPEG", "RGB", (224, 168))
    assert difference(wire, a_picture().resize(wire.size)) < 12
    assert (result.quality.image_format, result.quality.width) == ("HEIF", 640)


def test_pillow_itself_does_not_learn_to_open_heic() -> None:
    data = a_heic()
    accepted(data)
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(data))


def test_whoever_reads_photos_carries_the_decoder_and_nobody_else() -> None:
    reads = {
        spec.name for spec in FUNCTIONS if "handlers/domain/photo_heif.py" in package_files(spec)
    }
    assert {spec.name for spec in FUNCTIONS if "pillow-heif" in spec.wheels} == reads
    assert "serialize" in reads


@pytest.mark.parametrize("size", [(640, 480), (480, 640)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_is_turned_once(orientation: int, size: tuple[int, int]) -> None:
    """The container says how to turn it, and so does its EXIF block: once is enough."""
    with Image.open(io.BytesIO(turned(orientation, size))) as stored:
        stored.load()
        bare = Image.frombytes(stored.mode, stored.size, stored.tobytes())
    result, wire = accepted(a_heic(bare, exif=an_exif(orientation)))
    _, upright = accepted(a_jpeg(size))
    assert wire.size == upright.size
    assert difference(wire, upright) < 10
    assert (result.quality.width, result.quality.height) == size


def test_a_heic_of_12_megapixels() -> None:
    result, wire = accepted(a_heic(Image.new("RGB", (4032, 3024), "teal"), tile_size=1008))
    assert wire.size == (224, 168)
    assert result.quality.width == 4032


def test_exif_without_a_turn_in_the_container_does_not_turn_a_heic() -> None:
    plain = a_heic(exif=an_exif(1))
    claimed = plain.replace(an_exif(1)[6:], an_exif(6)[6:])
    assert claimed != plain
    _, wire = accepted(claimed)
    assert wire.size == (224, 168)


def test_a_heic_with_ten_bits_a_sample() -> None:
    picture = a_picture((320, 240))
    deep = b"".join(struct.pack("<H", value << 2) for value in picture.tobytes())
    container = pillow_heif.from_bytes("RGB;10", picture.size, deep)
    buffer = io.BytesIO()
    container.save(buffer, quality=80, bit_depth=10, enc_params={"preset": "ultrafast"})
    _, wire = accepted(buffer.getvalue())
    assert difference(wire, picture.resize(wire.size)) < 12


def test_what_is_transparent_in_a_heic_becomes_white() -> None:
    _, wire = accepted(a_heic(Image.new("RGBA", (300, 300), (0, 0, 0, 0))))
    assert min(ImageStat.Stat(wire).mean) > 250


def test_the_primary_picture_of_several_counts() -> None:
    other = Image.new("RGB", (640, 480), "black")
    data = a_heic(append_images=[pillow_heif.from_pillow(other)[0]], save_all=True)
    _, wire = accepted(data)
    assert difference(wire, a_picture().resize(wire.size)) < 12


@pytest.mark.parametrize("brand", [b"heix", b"mif1", b"hevc", b"MAKR"])
def test_a_heic_is_known_by_any_of_its_brands(brand: bytes) -> None:
    data = a_heic()
    assert isinstance(prepare(data.replace(b"ftypheic", b"ftyp" + brand, 1)), Prepared)


@pytest.mark.parametrize("brand", [b"avif", b"avis", b"isom", b"qt  "])
def test_other_containers_are_not_photos(brand: bytes) -> None:
    data = a_box(b"ftyp", brand + bytes(4) + b"mp42") + a_box(b"mdat", bytes(64))
    assert refused(data).reason == "not_a_photo"


def test_a_heic_with_anything_but_hevc_in_it_is_not_read() -> None:
    assert refused(a_heic().replace(b"hvc1", b"unci")).reason == "not_a_photo"


def test_a_heic_that_claims_too_many_pixels_is_refused_by_its_header() -> None:
    data = a_heic()
    size = struct.pack(">II", 640, 480)
    assert size in data
    for side in ((10_000, 6_000), (12_001, 16), (0xFFFFFFFF, 0xFFFFFFFF)):
        assert refused(data.replace(size, struct.pack(">II", *side))).reason == "too_large"


@pytest.mark.parametrize("size", [(1024, 768), (1000, 700)])
def test_a_heic_of_tiles_as_iphones_write_it(size: tuple[int, int]) -> None:
    picture = a_picture(size)
    data = a_heic(picture, tile_size=256)
    assert b"grid" in data
    result, wire = accepted(data)
    assert difference(wire, picture.resize(wire.size)) < 12
    assert (result.quality.width, result.quality.height) == size


def test_tiles_that_add_up_beyond_measure_are_refused() -> None:
    data = a_heic(a_picture((512, 512)), tile_size=128)
    claimed = data.replace(struct.pack(">II", 128, 128), struct.pack(">II", 7000, 7000))
    assert claimed != data
    assert refused(claimed).reason == "too_large"


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_a_truncated_heic_is_corrupt(share: float) -> None:
    data = a_heic()
    assert refused(data[: int(len(data) * share)]).reason in {"corrupt", "not_a_photo"}


@pytest.mark.parametrize("size", [(4032, 3024), (8064, 6048)])
@pytest.mark.parametrize("progressive", [False, True])
def test_photos_of_12_and_48_megapixels(size: tuple[int, int], progressive: bool) -> None:
    data = encoded(a_picture(size), "JPEG", progressive=progressive, quality=70)
    result, wire = accepted(data)
    assert wire.size == (224, 168)
    assert result.quality.width == size[0]


def test_more_scans_than_any_encoder_writes_are_refused_unread() -> None:
    data = encoded(a_picture(mode="L"), "JPEG", progressive=True)
    scans = [match.start() for match in re.finditer(rb"\xff\xda", data)]
    last = data[scans[-1] : -2]
    many = data[:-2] + last * MAX_SCANS + data[-2:]
    assert refused(many).reason == "too_large"
    assert isinstance(prepare(data[:-2] + last * 20 + data[-2:]), Prepared)


@pytest.mark.parametrize("data", [SEQUENTIAL, PROGRESSIVE], ids=["sequential", "progressive"])
def test_arithmetic_coding_is_read(data: bytes) -> None:
    _, wire = accepted(data)
    _, expected = accepted(a_jpeg((48, 32), quality=75))
    assert difference(wire, expected) < 1


@pytest.mark.parametrize("frame", [0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF])
def test_lossless_and_hierarchical_jpegs_are_not_read(frame: int) -> None:
    data = a_jpeg().replace(b"\xff\xc0", bytes((0xFF, frame)), 1)
    assert refused(data).reason == "not_a_photo"


def test_a_run_of_fill_bytes_is_searched_once() -> None:
    assert isinstance(prepare(a_jpeg()[:-2] + b"\xff" * 10_000_000), (Prepared, Refusal))


def test_a_png_of_a_million_chunks_is_refused_unread() -> None:
    data = encoded(a_picture(), "PNG")
    chunk = struct.pack(">I", 0) + b"tEXt" + struct.pack(">I", zlib.crc32(b"tEXt"))
    assert isinstance(prepare(data[:33] + chunk * 1000 + data[33:]), Prepared)
    assert refused(data[:33] + chunk * 1_000_000 + data[33:]).reason == "too_large"


def test_of_a_multi_picture_file_the_first_counts() -> None:
    second = Image.new("RGB", (640, 480), "black")
    data = encoded(a_picture(), "MPO", save_all=True, append_images=[second])
    result, wire = accepted(data)
    assert difference(wire, a_picture().resize(wire.size)) < 12
    assert result.quality.image_format == "JPEG"


def test_the_film_behind_a_motion_photo_is_not_looked_at() -> None:
    film = a_box(b"ftyp", b"mp42" + bytes(4)) + a_box(b"mdat", b"\xff\xda\xff\xd8" * 50_000)
    plain, _ = accepted(a_jpeg())
    result, _ = accepted(a_jpeg() + film)
    assert result.wire_image == plain.wire_image


def test_profiles_thumbnails_and_comments_change_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    thumbnail = Image.Exif()
    thumbnail[EXIF_ORIENTATION] = 1
    block = thumbnail.tobytes() + a_jpeg((160, 120))
    data = with_segments(
        encoded(a_picture(), "JPEG", icc_profile=profile),
        jpeg_segment(0xE1, block),
        jpeg_segment(0xE2, b"MPF\0" + bytes(400)),
        jpeg_segment(0xFE, b"a comment"),
    )
    plain, _ = accepted(a_jpeg())
    result, _ = accepted(data)
    assert result.wire_image == plain.wire_image


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x07\0\xff\xff\xff\xff\x06\0\0\0",
    ],
)
def test_broken_exif_counts_as_none(block: bytes) -> None:
    data = with_segments(a_jpeg(), jpeg_segment(0xE1, b"Exif\0\0" + block))
    result, _ = accepted(data)
    assert result.quality.orientation == 1


def test_exif_that_claims_gigabytes_is_not_followed() -> None:
    """Thousands of tags, each over the whole block: a general reader would copy it each time."""
    entries = 5000
    tags = b"".join(struct.pack("<HHII", 1000 + n, 7, 60_000, 8) for n in range(entries))
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + tags
    segment = jpeg_segment(0xE1, b"Exif\0\0" + block)
    assert isinstance(prepare(with_segments(a_jpeg(), *[segment] * 50)), Prepared)


@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_exif_turns_other_formats_too(image_format: str) -> None:
    _, wire = accepted(encoded(a_picture(), image_format, exif=an_exif(6)))
    assert wire.size == (168, 224)


@pytest.mark.parametrize("kind", ["VP8X", "VP8L"])
def test_a_webp_that_claims_too_many_pixels_is_refused_by_its_header(kind: str) -> None:
    size = struct.pack("<I", (16_000 - 1) | (16_000 - 1) << 14)
    chunk = {
        "VP8X": b"VP8X\x0a\0\0\0\x02\0\0\0" + (15_999).to_bytes(3, "little") * 2,
        "VP8L": b"VP8L\x20\0\0\0\x2f" + size + bytes(40),
    }[kind]
    data = b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk
    assert refused(data).reason == "too_large"
