"""photos.csv and labelled.csv, read back: complete, and without formulas from file names."""

import csv
import io
from collections import Counter
from dataclasses import replace

import pytest

from monitoring.report import PhotoFacts, build_report
from monitoring.report.files.lists import labelled_csv, photos_csv
from tests.monitoring.report.a_day import QUIET, inputs, photos


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def named(key: str) -> tuple[str, bytes]:
    """Return the key as it is read back, and the bytes of the file."""
    photo, *others = photos(3)
    content = b"".join(photos_csv([replace(photo, key=key), *others]))
    rows = read(content)
    assert len(rows) == 3
    return next(row["key"] for row in rows if row["photo_id"] == photo.photo_id), content


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("intake/d/a\r=cmd|calc!A0.jpg", r"intake/d/a\r=cmd|calc!A0.jpg"),
        ("intake/d/a\r\n=1+1.jpg", r"intake/d/a\r\n=1+1.jpg"),
        ("intake/d/a\n@SUM(1)", r"intake/d/a\n@SUM(1)"),
        ("intake/d/\x00\x1b[31m.jpg", r"intake/d/\x00\x1b[31m.jpg"),
        ("intake/d/\u202egpj.exe", r"intake/d/\u202egpj.exe"),
        ("intake/d/a\x85b\u2028c", r"intake/d/a\x85b\u2028c"),
        ("intake/d/\ud800.jpg", r"intake/d/\ud800.jpg"),
        ('intake/d/"a",b.jpg', 'intake/d/"a",b.jpg'),
        ("intake/d/Zoë 自転車 🚲.jpg", "intake/d/Zoë 自転車 🚲.jpg"),
        ("=1+1", "'=1+1"),
        ("  @SUM(1)", "  '@SUM(1)"),
        ("\t=1+1", r"\t=1+1"),
        ("＝1＋1", "'＝1＋1"),
        ("intake/d/a;=1+1.jpg", "intake/d/a;'=1+1.jpg"),
    ],
)
def test_a_key_breaks_no_row_and_begins_no_formula(key: str, shown: str) -> None:
    key_read, content = named(key)
    assert key_read == shown
    assert content.count(b"\n") == 4
    assert b"\r" not in content


@pytest.mark.parametrize("field", ["driver_id", "reason", "model_version", "verdict", "vehicle"])
def test_no_other_text_begins_a_formula(field: str) -> None:
    hostile = replace(photos(1)[0], **{field: "=1\r=2"})  # type: ignore[arg-type] # texts all
    for content in (b"".join(photos_csv([hostile])), b"".join(labelled_csv([hostile], ()))):
        for row in read(content):
            assert not [text for text in row.values() if text.startswith("=") or "\r" in text]


def test_a_class_with_a_hostile_name_is_a_plain_heading() -> None:
    hostile = replace(photos(1)[0], probabilities={"a\n=1": 0.5, "b": 0.5})
    (row,) = read(b"".join(photos_csv([hostile])))
    assert row[r"probability_a\n=1"] == "0.5"


def test_every_photo_has_its_figures() -> None:
    first, second = photos(2)
    second = replace(second, model_version="", probabilities={}, confidence=None, quality={})
    rows = {row["photo_id"]: row for row in read(b"".join(photos_csv([first, second])))}
    whole, bare = rows[first.photo_id], rows[second.photo_id]
    for name in ("width", "brightness", "sharpness", "size_bytes"):
        assert float(whole[name]) == first.quality[name]
        assert bare[name] == ""
    for name, value in first.probabilities.items():
        assert float(whole[f"probability_{name}"]) == value
        assert bare[f"probability_{name}"] == ""


def test_the_accuracy_can_be_recomputed_from_the_list() -> None:
    received = photos(400)
    chapter = build_report(inputs(received)).document["accuracy"]
    rows = read(b"".join(labelled_csv(received, QUIET.vehicles)))
    counts = Counter((row["stratum"], row["right"]) for row in rows)
    for stratum, name in (("automatic", "audited"), ("reviewed", "reviewed")):
        right, wrong = counts[name, "yes"], counts[name, "no"]
        assert (right + wrong, right) == (chapter[stratum]["labelled"], chapter[stratum]["right"])
    assert {row["photo_id"] for row in rows} == {p.photo_id for p in received if p.verdict}


def test_contested_and_unusable_photos_are_not_in_the_audited_stratum() -> None:
    audit, *_ = (photo for photo in photos(400) if photo.review_reason == "audit")
    contested: PhotoFacts = replace(audit, review_reason="contested")
    unusable = replace(audit, verdict="unusable")
    (row,) = read(b"".join(labelled_csv([contested, unusable], QUIET.vehicles)))
    assert row["stratum"] == "contested"
