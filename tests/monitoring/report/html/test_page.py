"""The page: self-contained, closed tags, and no text of a driver becomes markup."""

import base64
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from monitoring.capture import CaptureSummary
from monitoring.capture.summary import Anomaly
from monitoring.report import Report, Thumbnail, build_report
from monitoring.report.files.documents import report_html
from tests.monitoring.report.a_day import QUIET, inputs, photos

VOID = {"meta", "img", "br", "line", "circle", "polyline"}
HOSTILE = 'intake/<img src=x onerror=alert(1)>/"quoted" & \u202e\x1b[31m\ud800.jpg'
PICTURE = "data:image/jpeg;base64," + base64.b64encode(b"\xff\xd8\xff").decode()


class PageReader(HTMLParser):
    """Collects tags, links and text, and fails where tags do not close."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name in {"src", "href"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(report: Report) -> PageReader:
    reading = PageReader()
    reading.feed(report_html(report).decode())
    reading.close()
    assert reading.open == []
    return reading


@pytest.fixture(scope="module")
def hostile() -> Report:
    received = photos(120, QUIET.shifted(quality_shift={"brightness": -2.0}))
    named = [
        replace(photo, key=HOSTILE, image_format="<b>", reason="</script>", driver_id="<i>")
        for photo in received
    ]
    anomaly = Anomaly(kind="not_json", object_key="<u>", quoted="'<s>'")
    capture = CaptureSummary(
        lines=1,
        classified=120,
        captured=119,
        anomalies={"not_json": 1},
        quoted=(anomaly,),
        variants={"<var>": 1},
    )
    return build_report(inputs(named, capture=capture))


def test_hostile_names_are_shown_and_never_markup(hostile: Report) -> None:
    reading = read(hostile)
    assert not reading.tags & {"script", "img", "b1", "i", "u", "s", "var", "iframe", "link"}
    assert "<img src=x onerror=alert(1)>" in reading.text
    assert "\u202e" not in reading.text
    assert "\x1b" not in reading.text
    assert "\\u202e\\x1b" in reading.text


def test_the_page_fetches_nothing(hostile: Report) -> None:
    wanted = hostile.wanted_thumbnails
    pictured = hostile.with_thumbnails(
        [
            Thumbnail(photo_id=wanted[0], data_uri=PICTURE),
            Thumbnail(photo_id=wanted[1], data_uri="https://example.org/track.gif"),
            Thumbnail(photo_id=wanted[2], data_uri="data:text/html,<script>"),
            Thumbnail(photo_id="unasked", data_uri=PICTURE),
        ]
    )
    assert read(pictured).links == [PICTURE]
    page = report_html(pictured)
    assert b"http" not in page.replace(b"http-equiv", b"")
    assert b"default-src 'none'" in page
    assert b"prefers-color-scheme: dark" in page


def test_the_verdict_comes_first_and_every_check_is_listed(hostile: Report) -> None:
    text = read(hostile).text
    body = text[text.index("monitoring") :]
    assert body.index("ACT") < body.index("What to do") < body.index("Every check")
    for check in hostile.checks:
        assert check.title in text
        assert check.advice in text or check.verdict not in {"ACT", "WATCH"}


def test_long_lists_are_cut_and_say_so(hostile: Report) -> None:
    assert "and 70 more" in read(hostile).text


@pytest.mark.parametrize("n", [0, 1, 60])
def test_any_day_makes_a_page(n: int) -> None:
    assert "Every check" in read(build_report(inputs(photos(n)))).text
