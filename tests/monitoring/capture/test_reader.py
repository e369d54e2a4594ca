"""Whatever a capture file holds: counted, quoted where odd, never fatal."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitoring.capture import CaptureObject, CaptureReader, CaptureSummary, Span
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
)

SPAN = Span(start=DAY, end=DAY + timedelta(days=1))


def read(
    *contents: bytes | Iterable[bytes],
    classified: Iterable[str] | None = None,
    variant: str = "AllTraffic",
    **settings: Any,
) -> CaptureSummary:
    reader = CaptureReader(SPAN, vehicles=VEHICLES, **settings)
    for i, content in enumerate(contents):
        source = CaptureObject(key=f"object-{i}", variant=variant, last_modified=SPAN.end)
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
        for name in ("records", "duplicates", "outside", "hours", "oddities", "lines")
    )


def test_the_usual_file() -> None:
    found = read(b"".join(a_line(i, image=2_000) for i in range(1_000)))
    assert (found.records, found.duplicates, found.oddities) == (1_000, 0, {})
    scores = found.scores["m1"]
    assert scores.classes == CLASSES
    assert sum(scores.predicted.values()) == scores.n == 1_000
    expected = sorted(max(list(an_answer(i)["probabilities"].values())[:2]) for i in range(1_000))
    assert np.allclose(scores.confidences(), expected, atol=1e-9)
    assert sum(found.hours.values()) == 1_000


@pytest.mark.parametrize("encoding", ["BASE64", "CSV", "JSON list"])
def test_other_encodings_of_the_answer(encoding: str) -> None:
    plain = a_record(3)
    odd = a_record(3)
    output = odd["captureData"]["endpointOutput"]
    shares = list(an_answer(3)["probabilities"].values())
    if encoding == "BASE64":
        output |= {
            "data": base64.b64encode(output["data"].encode()).decode(),
            "encoding": "BASE64",
        }
    elif encoding == "CSV":
        output |= {"data": ", ".join(map(str, shares)) + "\n", "encoding": "CSV"}
    else:
        output["data"] = json.dumps(shares)
    found = read(as_line(odd), classes_without_names=CLASSES)
    name = "m1" if encoding == "BASE64" else ""
    expected = read(as_line(plain)).scores["m1"]
    assert found.scores[name].predicted == expected.predicted
    assert found.scores[name].confidences().tolist() == expected.confidences().tolist()
    assert found.oddities == {}


def test_answers_without_names_are_counted_where_nobody_gives_the_names() -> None:
    found = read(a_line(answer=[0.8, 0.2]))
    assert (found.records, dict(found.oddities)) == (1, {"no_class_names": 1})


def with_data(data: str) -> bytes:
    record = a_record(1)
    record["captureData"]["endpointOutput"]["data"] = data
    return as_line(record)


def with_time(text: str) -> bytes:
    record = a_record(1)
    record["eventMetadata"]["inferenceTime"] = text
    return as_line(record)


ODD: dict[str, tuple[bytes, int]] = {  # kind → line, records
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


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_line_is_counted_and_quoted_and_the_rest_is_read(kind: str) -> None:
    line, records = ODD[kind]
    before, after = a_line(1), a_line(2)
    found = read(before + line.rstrip(b"\n") + b"\n" + after)
    assert dict(found.oddities) == {kind: 1}
    assert found.records == 2 + records
    assert found.quoted[0].kind == kind
    assert found.quoted[0].quoted.isascii()


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
def test_no_answer_is_believed_that_is_no_distribution(answer: Any) -> None:
    line = a_record(0)
    line["captureData"]["endpointOutput"]["data"] = json.dumps(answer)
    found = read(as_line(line))
    assert found.records == sum(found.oddities.values()) == 1
    assert not found.scores


def test_the_first_odd_lines_are_quoted_short_and_escaped() -> None:
    found = read(b"".join(b"<script>\xff\x1b[31m%d" % i * 200 + b"\n" for i in range(50)))
    assert found.oddities == {"not_json": 50}
    assert len(found.quoted) == 5
    assert all(odd.quoted.isascii() and len(odd.quoted) < 1_000 for odd in found.quoted)
    assert "\x1b" not in found.quoted[0].quoted


def test_duplicates_are_counted_once_within_and_across_objects() -> None:
    lines = b"".join(map(a_line, range(100)))
    found = read(lines + lines, lines, a_line(100))
    assert (found.records, found.duplicates) == (101, 200)
    assert found.scores["m1"].n == 101


def test_records_of_another_time_count_as_captured_and_nowhere_else() -> None:
    late = a_record(1)
    late["eventMetadata"]["inferenceTime"] = "2026-11-22T00:00:01+00:00"
    found = read(a_line(0) + as_line(late), classified=[an_id(0), an_id(1), an_id(2)])
    assert (found.records, found.outside) == (1, 1)
    assert (found.captured, found.classified) == (2, 3)
    assert found.completeness == pytest.approx(2 / 3)


def test_what_came_too_late_for_the_first_report_is_counted_on_a_second() -> None:
    found = read(a_line(0), late_after=SPAN.end - timedelta(seconds=1))
    assert (found.late_objects, found.late_records) == (1, 1)
    assert read(a_line(0), late_after=SPAN.end).late_objects == 0


def test_variants_and_models_are_told_apart() -> None:
    found = read(a_line(0) + a_line(1, answer=an_answer(1, model_version="m2")))
    assert sorted(found.scores) == ["m1", "m2"]
    swapped = {"other": 0.1, "bicycle": 0.2, "motorcycle": 0.7}
    found = read(a_line(0) + a_line(1, answer=an_answer(probabilities=swapped)))
    assert sorted(found.scores) == ["m1", "m1 (other, bicycle, motorcycle)"]
    assert found.variants == {"AllTraffic": 2}


@given(st.lists(st.integers(1, 400), max_size=30), st.booleans())
def test_where_a_file_is_cut_into_chunks_does_not_matter(cuts: list[int], ending: bool) -> None:
    blob = b"\n".join([a_line(1).strip(), b"", b"junk", a_line(2).strip(), a_line(3).strip()])
    blob += b"\n" * ending
    chunks, rest = [], blob
    for cut in cuts:
        chunks.append(rest[:cut])
        rest = rest[cut:]
    assert same(read([*chunks, rest]), read(blob))


def test_a_line_without_end_costs_no_memory_and_nothing_else() -> None:
    endless = [b"x" * 100_000 for _ in range(50)]
    found = read([a_line(1), *endless, b"\n" + a_line(2)], longest_line=200_000)
    assert found.records == 2
    assert dict(found.oddities) == {"too_long": 1}
    whole = read(a_line(1) + b"".join(endless) + b"\n" + a_line(2), longest_line=200_000)
    assert same(found, whole)


@example(lines=[b'"\x80"'])
@example(lines=[a_line(1).strip() * 2, b" "])
@example(lines=[a_line(1).strip() * 2, a_line(2)[:20], a_line(2)[20:]])
@example(lines=[with_data('{"a": 1}{"a": 1}'), with_data("")])
@example(lines=[with_data('{"probabilities": {"a": 1.0}'), with_data(', "model_version": "m"}')])
@example(lines=[a_line(1), with_time("2026-11-21T24:00:00Z"), with_time("2026-02-30T00:00:00Z")])
@example(lines=[a_line(1), with_time("2026-11-21T0\u0661:00:00Z"), with_time("20261121T000000+00")])
@given(
    st.lists(
        st.one_of(
            st.sampled_from([line for line, _ in ODD.values()]),
            st.integers(0, 30).map(a_line),
            st.binary(max_size=60).filter(lambda text: b"\n" not in text),
        ),
        max_size=12,
    )
)
def test_the_quick_way_finds_what_the_careful_way_finds(lines: list[bytes]) -> None:
    """Each line alone, or all in one batch with a line that sends the whole batch to be careful."""
    apart = read(*[line.strip(b"\n") + b"\n" for line in lines])
    together = read(b"".join(line.strip(b"\n") + b"\n" for line in [*lines, b"junk"]))
    oddities = {**together.oddities, "not_json": together.oddities["not_json"] - 1}
    assert {kind: n for kind, n in oddities.items() if n} == dict(apart.oddities)
    assert (apart.records, apart.duplicates) == (together.records, together.duplicates)
    assert {name: score.predicted for name, score in apart.scores.items()} == {
        name: score.predicted for name, score in together.scores.items()
    }


def test_the_folders_of_a_span_reach_an_hour_to_either_side() -> None:
    prefixes = list(SPAN.hour_prefixes())
    assert (prefixes[0], prefixes[-1], len(prefixes)) == ("2026/11/20/23", "2026/11/22/00", 26)


def test_memory_does_not_grow_with_the_number_of_records() -> None:
    """Twice as many, from where a day's times are known; each in an interpreter of its own."""
    peaks = [
        int(
            subprocess.run(
                [sys.executable, "-m", "tests.monitoring.capture.peak", str(records)],
                check=True,
                capture_output=True,
                cwd=ROOT,
            ).stdout
        )
        for records in (90_000, 180_000)
    ]
    assert peaks[1] - peaks[0] < 8_000_000
    assert peaks[1] < 300_000_000
