"""The capture reader counts every line, quotes anomalies, and never fails on content."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture import CaptureObject, CaptureReader, CaptureSummary, Span
from monitoring.capture.blocks import blocks
from tests.conftest import ROOT
from tests.monitoring.capture.lines_of import (
    CLASSES,
    DAY,
    VEHICLES,
    a_line,
    a_record,
    an_answer,
    an_id,
    as_line,
    many_lines,
)

SPAN = Span(start=DAY, end=DAY + timedelta(days=1))


def an_object(key: str = "object", **changes: Any) -> CaptureObject:
    known: dict[str, Any] = {"variant": "AllTraffic", "last_modified": SPAN.end}
    return CaptureObject(key=key, **{**known, **changes})


def read(
    *contents: bytes | Iterable[bytes],
    classified: Iterable[str] | None = None,
    variant: str = "AllTraffic",
    **settings: Any,
) -> CaptureSummary:
    reader = CaptureReader(SPAN, vehicles=VEHICLES, **settings)
    for i, content in enumerate(contents):
        source = an_object(f"object-{i}", variant=variant)
        reader.read(source, [content] if isinstance(content, bytes) else content)
    return reader.summary(classified=classified)


def same(one: CaptureSummary, other: CaptureSummary) -> bool:
    scores = [
        (name, score.predicted, score.counts.tolist(), score.confidence.tolist())
        for name, score in (*one.scores.items(), *other.scores.items())
    ]
    half = len(scores) // 2
    return scores[:half] == scores[half:] and all(
        getattr(one, name) == getattr(other, name)
        for name in ("records", "duplicates", "outside", "hours", "anomalies", "lines")
    )


def test_a_file_of_the_usual_form_is_counted() -> None:
    summary = read(b"".join(a_line(i, image=2_000) for i in range(1_000)))
    assert (summary.records, summary.duplicates, summary.anomalies) == (1_000, 0, {})
    scores = summary.scores["m1"]
    assert scores.classes == CLASSES
    assert sum(scores.predicted.values()) == scores.n == 1_000
    expected = sorted(max(list(an_answer(i)["probabilities"].values())[:2]) for i in range(1_000))
    assert np.allclose(scores.confidences(), expected, atol=1e-9)
    assert sum(summary.hours.values()) == 1_000


@pytest.mark.parametrize("encoding", ["BASE64", "CSV", "CSV in BASE64", "JSON list"])
def test_answers_in_other_encodings_are_read(encoding: str) -> None:
    plain = a_record(3)
    other = a_record(3)
    output = other["captureData"]["endpointOutput"]
    shares = list(an_answer(3)["probabilities"].values())
    if encoding == "BASE64":
        output |= {
            "data": base64.b64encode(output["data"].encode()).decode(),
            "encoding": "BASE64",
        }
    elif encoding == "CSV":
        output |= {"data": ", ".join(map(str, shares)) + "\n", "encoding": "CSV"}
    elif encoding == "CSV in BASE64":
        text = ",".join(map(str, shares)) + "\n"
        output |= {
            "data": base64.b64encode(text.encode()).decode(),
            "encoding": "BASE64",
            "observedContentType": "text/csv",
        }
    else:
        output["data"] = json.dumps(shares)
    summary = read(as_line(other), classes_without_names=CLASSES)
    name = "m1" if encoding == "BASE64" else ""
    expected = read(as_line(plain)).scores["m1"]
    assert summary.scores[name].predicted == expected.predicted
    assert summary.scores[name].confidences().tolist() == expected.confidences().tolist()
    assert summary.anomalies == {}


def test_answers_without_class_names_are_counted_as_anomalies_where_the_names_are_unknown() -> None:
    summary = read(a_line(answer=[0.8, 0.2]))
    assert (summary.records, dict(summary.anomalies)) == (1, {"no_class_names": 1})


ANOMALIES: dict[str, tuple[bytes, int]] = {  # kind → line, records
    "not_json": (b'{"captureData": ', 0),
    "no_metadata": (as_line({"captureData": {}}), 0),
    "no_time": (as_line(a_record() | {"eventMetadata": {"inferenceId": "x"}}), 0),
    "no_output": (as_line(a_record() | {"captureData": {"endpointInput": {}}}), 1),
    "unreadable_output": (a_line(answer="what?"), 1),
    "not_a_distribution": (a_line(answer=an_answer(probabilities={"a": 0.4, "b": 0.4})), 1),
    "no_inference_id": (
        as_line(
            a_record()
            | {"eventMetadata": {"eventId": "e", "inferenceTime": "2026-11-21T08:00:00Z"}}
        ),
        1,
    ),
}


@pytest.mark.parametrize("kind", ANOMALIES)
def test_an_anomalous_line_is_counted_and_quoted_and_the_others_are_read(kind: str) -> None:
    line, records = ANOMALIES[kind]
    before, after = a_line(1), a_line(2)
    summary = read(before + line.rstrip(b"\n") + b"\n" + after)
    assert dict(summary.anomalies) == {kind: 1}
    assert summary.records == 2 + records
    assert summary.quoted[0].kind == kind
    assert summary.quoted[0].quoted.isascii()


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(probabilities={"a": True, "b": 0}),
        an_answer(probabilities={"a": "0.5", "b": 0.5}),
        an_answer(probabilities={}),
        an_answer(probabilities={f"c{i}": 0.01 for i in range(100)}),
        an_answer(probabilities={"a": 10**400, "b": 0}),
        an_answer(probabilities={"a": 1.5, "b": -0.5}),
        an_answer(model_version=None),
        {"probabilities": None},
        None,
        17,
    ],
)
def test_an_answer_that_is_not_a_distribution_is_an_anomaly(answer: Any) -> None:
    line = a_record(0)
    line["captureData"]["endpointOutput"]["data"] = json.dumps(answer)
    summary = read(as_line(line))
    assert summary.records == sum(summary.anomalies.values()) == 1
    assert not summary.scores


def test_the_first_anomalous_lines_are_quoted_short_and_escaped() -> None:
    summary = read(b"".join(b"<script>\xff\x1b[31m%d" % i * 200 + b"\n" for i in range(50)))
    assert summary.anomalies == {"not_json": 50}
    assert len(summary.quoted) == 5
    assert all(line.quoted.isascii() and len(line.quoted) < 1_000 for line in summary.quoted)
    assert "\x1b" not in summary.quoted[0].quoted


def test_duplicates_are_counted_once_within_and_across_objects() -> None:
    lines = b"".join(map(a_line, range(100)))
    summary = read(lines + lines, lines, a_line(100))
    assert (summary.records, summary.duplicates) == (101, 200)
    assert summary.scores["m1"].n == 101


def test_records_of_another_time_count_only_as_captured() -> None:
    late = a_record(1)
    late["eventMetadata"]["inferenceTime"] = "2026-11-22T00:00:01+00:00"
    summary = read(a_line(0) + as_line(late), classified=[an_id(0), an_id(1), an_id(2)])
    assert (summary.records, summary.outside) == (1, 1)
    assert (summary.captured, summary.classified) == (2, 3)
    assert summary.completeness == pytest.approx(2 / 3)


def test_an_object_with_records_is_late_if_written_after_the_first_report() -> None:
    before = SPAN.end - timedelta(seconds=1)
    summary = read(a_line(0) + a_line(0), late_after=before)
    assert (summary.late_objects, summary.late_records) == (1, 2)
    assert read(a_line(0), late_after=SPAN.end).late_objects == 0
    next_day = a_record(1)
    next_day["eventMetadata"]["inferenceTime"] = "2026-11-22T00:30:00Z"
    of_another_time = read(as_line(next_day), late_after=before)
    assert (of_another_time.late_objects, of_another_time.outside) == (0, 1)


def test_a_file_of_a_neighbouring_hour_counts_with_its_records_of_the_span() -> None:
    next_hour = a_record(1)
    next_hour["eventMetadata"]["inferenceTime"] = "2026-11-22T00:30:00Z"
    odd = next_hour | {"captureData": {}}
    reader = CaptureReader(SPAN, vehicles=VEHICLES)
    beside = b"junk\n" + as_line(next_hour) + as_line(odd)
    reader.read(an_object(is_beside=True), [beside])
    summary = reader.summary()
    assert (summary.objects, summary.lines, summary.anomalies, summary.outside) == (0, 0, {}, 2)
    reader.read(an_object(is_beside=True), [beside + a_line(1)])
    summary = reader.summary()
    assert (summary.objects, summary.lines, summary.records, summary.anomalies) == (1, 1, 1, {})


def test_an_object_that_may_not_be_read_is_counted() -> None:
    reader = CaptureReader(SPAN, vehicles=VEHICLES)
    reader.skip(an_object())
    reader.skip(an_object(is_beside=True))
    assert reader.summary().unreadable_objects == 1


def test_byte_order_marks_and_foreign_line_breaks_lose_no_record() -> None:
    lines = a_line(1) + a_line(2)
    summary = read(b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n") + b"\r\n")
    assert same(summary, read(lines))


def test_variants_and_models_are_counted_separately() -> None:
    summary = read(a_line(0) + a_line(1, answer=an_answer(1, model_version="m2")))
    assert sorted(summary.scores) == ["m1", "m2"]
    swapped = {"other": 0.1, "bicycle": 0.2, "motorcycle": 0.7}
    summary = read(a_line(0) + a_line(1, answer=an_answer(probabilities=swapped)))
    assert sorted(summary.scores) == ["m1", "m1 (other, bicycle, motorcycle)"]
    assert summary.variants == {"AllTraffic": 2}


@given(st.lists(st.integers(1, 400), max_size=30), st.booleans())
def test_the_boundaries_of_chunks_do_not_matter(cuts: list[int], ending: bool) -> None:
    blob = b"\n".join([a_line(1).strip(), b"", b"junk", a_line(2).strip(), a_line(3).strip()])
    blob += b"\n" * ending
    chunks, rest = [], blob
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    assert same(read([*chunks, rest]), read(blob))


def test_an_endless_line_takes_no_memory_and_is_one_anomaly() -> None:
    endless = [b"x" * 100_000 for _ in range(50)]
    chunks = [a_line(1), *endless, b"\n" + a_line(2)]
    assert max(map(len, blocks(chunks, longest=200_000))) <= 200_000
    summary = read(chunks, longest_line=200_000)
    assert summary.records == 2
    assert dict(summary.anomalies) == {"too_long": 1}
    whole = read(a_line(1) + b"".join(endless) + b"\n" + a_line(2), longest_line=200_000)
    assert same(summary, whole)


def test_the_folders_of_a_span_include_an_hour_on_either_side() -> None:
    prefixes = list(SPAN.hour_prefixes())
    assert (prefixes[0], prefixes[-1], len(prefixes)) == ("2026/11/20/23", "2026/11/22/00", 26)


@pytest.fixture(scope="module")
def peaks() -> dict[str, int]:
    """Return the peak memory in bytes of each kind, read in an interpreter of its own."""
    what = {"few": ("records", "100000"), "million": ("records", "1000000"), "line": ("line",)}
    return {name: peak_of(*arguments) for name, arguments in what.items()}


def peak_of(*arguments: str) -> int:
    command = [sys.executable, "-m", "tests.monitoring.capture.peak", *arguments]
    completed = subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return int(completed.stdout)


def test_a_million_records_cost_little_more_memory_than_a_tenth_of_them(
    peaks: dict[str, int],
) -> None:
    """Only the ids grow: 8 bytes each, and copies of them while they are sorted."""
    assert peaks["million"] < 300_000_000
    assert (peaks["million"] - peaks["few"]) / 900_000 < 5 * 8


def test_the_longest_line_takes_no_more_memory(peaks: dict[str, int]) -> None:
    assert peaks["line"] < 300_000_000


def test_generated_lines_equal_serialized_lines() -> None:
    numbers = range(86_300, 86_500)
    assert same(read(many_lines(numbers)), read(b"".join(map(a_line, numbers))))
