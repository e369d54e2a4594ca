"""Files that hold several drivers' records lose those of one; all other bytes stay."""

import json

from infra.operations.erasure.edits import captures_without, report_file_without
from infra.operations.erasure.traces import Traces

PHOTO, OTHER = "a" * 64, "b" * 64
TRACES = Traces(driver_id="anna", photo_ids={PHOTO})


def _line(photo: str) -> bytes:
    payload = json.dumps({"eventId": PHOTO})  # of another system, inside a payload
    record = {"captureData": {"data": payload}, "eventMetadata": {"inferenceId": photo}}
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def test_a_capture_file_loses_the_records_of_the_photo_alone() -> None:
    others = (_line(OTHER), b"not JSON at all\r\n", b"\xff\xfe\n", _line(OTHER).rstrip(b"\n"))
    content = others[0] + _line(PHOTO) + b"".join(others[1:])
    assert captures_without(content, {PHOTO}) == (b"".join(others), 1)


def test_a_list_loses_the_lines_of_the_photo() -> None:
    others = f"photo_id,key\r\n{OTHER},'=intake/bo/u.jpg\r\n"
    content = (others + f"{PHOTO},intake/anna/u.jpg\r\n").encode()
    assert report_file_without("photos.csv", content, TRACES) == others.encode()


def test_a_document_loses_the_elements_about_the_photo() -> None:
    def text(*photos: dict[str, str]) -> bytes:
        document = {"n": 2, "examples": {"photos": list(photos)}}
        return (json.dumps(document, sort_keys=True, indent=1) + "\n").encode()

    other = {"photo_id": OTHER, "key": "intake/bo/u.jpg"}
    content = text({"photo_id": PHOTO, "key": "intake/anna/u.jpg"}, other)
    assert report_file_without("report.json", content, TRACES) == text(other)


def test_a_page_loses_the_pictures_of_the_photo() -> None:
    other = "<li><img>intake/bo/u.jpg</li>\n"
    short = f"<li>{{}} <code>{PHOTO[:16]}</code></li>"
    content = f"<ul>{other}<li><img src='data:'>intake/anna/u.jpg</li>{short}</ul>"
    edited = report_file_without("report.html", content.encode(), TRACES)
    assert edited == f"<ul>{other}</ul>".encode()


def test_a_file_in_which_a_record_would_remain_goes_as_a_whole() -> None:
    assert report_file_without("report.html", b"<p>intake/anna/u.jpg</p>", TRACES) is None
    assert report_file_without("notes.txt", PHOTO.encode(), TRACES) is None
