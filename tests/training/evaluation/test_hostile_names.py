"""Evaluation and validation of files with any name: every output stays valid."""

import csv
import io
import json
import os
import re
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from infra.cli import app as scones
from tests.pictures import a_jpeg
from tests.training.data.test_photo_set import put
from training.__main__ import app as training

NAMES = (
    "-rf.jpg",
    "--help",
    "=HYPERLINK(1).jpg",
    'quote" and, comma;.jpg',
    "two\nlines\r\n.jpg",
    "red \x1b[31m bell \x07 csi \x9b.jpg",
    "reversed \u202e gpj.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    "[bold]markup[red] {{ 7 * 7 }}.jpg",
    "ünïcødé 🚲.jpg",
    "long " + "x" * 240 + ".jpg",
    " .jpg",
)
SOURCE = "=1+1"  # the first name of a path, which a spreadsheet would compute
# File systems of macOS accept UTF-8 alone.
UNDECODABLE = () if sys.platform == "darwin" else (os.fsdecode(b"caf\xe9 \xff.jpg"),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photo of another class, photos under every name, and a file that cannot be read."""
    data = tmp_path / "data"
    content = a_jpeg((64, 48))
    others = data / SOURCE / "other"
    others.mkdir(parents=True)
    for name in (*NAMES, *UNDECODABLE):
        # The bytes differ, as copies are one photo to the validation.
        (others / name).write_bytes(content + os.fsencode(name))
    (others / "unreadable \x1b]0;title\x07\n.txt").write_bytes(b"not a photo")
    put(data, f"{SOURCE}/bicycle/a.jpg", a_jpeg((48, 64)))
    (data / SOURCE / os.fsdecode(b"wrong\xfe") if UNDECODABLE else data / "wrong").mkdir()
    return data


def assert_no_control_characters(text: str) -> None:
    assert not re.search(r"[^\n\x20-\x7e\u00a0-\U0010ffff]", text)
    assert "\u202e" not in text
    text.encode("utf-8")


def test_evaluation_survives_any_name(folder: Path, tmp_path: Path) -> None:
    count = len(NAMES) + len(UNDECODABLE) + 2
    report, listed = tmp_path / "report.html", tmp_path / "photos.csv"
    words = ["evaluate", str(folder), "--out", str(report), "--photos", str(listed)]
    result = CliRunner().invoke(scones, words)
    assert result.exit_code == 0, result.output
    assert_no_control_characters(result.stdout)
    assert r"unreadable: =1+1/other/unreadable \x1b]0;title\x07\n.txt" in result.stdout

    html = report.read_text(encoding="utf-8")
    assert_no_control_characters(html)
    assert "<img src=x" not in html

    text = listed.read_bytes().decode("utf-8")
    head, *records = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(records) == count
    assert {len(record) for record in records} == {len(head)}
    paths = {record[0] for record in records}
    assert {f"./{SOURCE}/other/{name}" for name in NAMES} <= paths
    assert not any(path.startswith(("=", "+", "-", "@")) for path in paths)

    listed = tmp_path / "photos.json"
    words = [*words[:-1], str(listed), "--json"]
    document = CliRunner().invoke(scones, words).stdout
    assert len(orjson.loads(document)["unreadable"]) == 1  # refuses halves of surrogate pairs
    photos = orjson.loads(listed.read_bytes())["photos"]
    assert len(photos) == count
    assert {f"{SOURCE}/other/{name}" for name in NAMES} <= {photo["path"] for photo in photos}


def test_validation_survives_any_name(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    words = ["validate", str(folder), "--html", str(report)]
    document = CliRunner().invoke(training, [*words, "--json"])
    assert document.exit_code == 0, document.output
    assert len(orjson.loads(document.stdout)["unreadable"]) == 1
    assert_no_control_characters(report.read_text(encoding="utf-8"))
    assert_no_control_characters(CliRunner().invoke(training, words).stdout)


def test_message_about_folders_holds_no_control_characters(tmp_path: Path) -> None:
    (tmp_path / "data" / "red \x1b[31m").mkdir(parents=True)
    words = ["evaluate", str(tmp_path / "data"), "--out", str(tmp_path / "report.html")]
    result = CliRunner().invoke(scones, words)
    assert result.exit_code == 2
    assert r"folders there: red \x1b[31m" in result.stderr
    assert "\x1b" not in result.stderr
    assert json.dumps(result.stdout) == '""'
