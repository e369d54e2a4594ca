"""Block parser and line parser give the same figures, whatever the lines hold."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitoring.capture import CaptureReader, CaptureSummary
from tests.monitoring.capture.lines_of import VEHICLES, a_line, a_record, an_answer, as_line
from tests.monitoring.capture.test_reader import ANOMALIES, SPAN, an_object, read, same

DEEP = b"[" * 2_000 + b"]" * 2_000


def with_data(data: str) -> bytes:
    record = a_record(1)
    record["captureData"]["endpointOutput"]["data"] = data
    return as_line(record)


def with_time(text: str) -> bytes:
    record = a_record(1)
    record["eventMetadata"]["inferenceTime"] = text
    return as_line(record)


def of_model(number: int, version: str) -> bytes:
    return a_line(number, answer=an_answer(number, model_version=version))


def beside(unread: bytes) -> bytes:
    """Return a valid record with a further field that the reader skips."""
    return b'{"unread":' + unread + b"," + a_line(1)[1:]


BROKEN_BESIDE = a_line(2).replace(b"application/json", b"application/\xff")
LINES = [
    *(line for line, _ in ANOMALIES.values()),
    *(b"\xef\xbb\xbf" + a_line(3), b"\r", b"[" * 2_000, DEEP, beside(DEEP), BROKEN_BESIDE),
    with_data(json.dumps(an_answer(4)) + "\n"),
    with_data('{"probabilities": {"a": 1.0}, "model_version": "m", "x": ' + DEEP.decode() + "}"),
    *(of_model(5, "m2"), of_model(6, "m3")),
]


def line_by_line(lines: list[bytes]) -> CaptureSummary:
    reader = CaptureReader(SPAN, vehicles=VEHICLES)
    reader._parse_lines(b"\n".join(lines), an_object())
    return reader.summary()


@example(lines=[b'"\x80"'])
@example(lines=LINES)
@example(lines=[b"[" * 2_000])
@example(lines=[a_line(1), beside(DEEP)])
@example(lines=[BROKEN_BESIDE])
@example(lines=[BROKEN_BESIDE, *map(a_line, range(3, 20)), b"junk"])
@example(lines=[a_line(1).strip() * 2, b" "])
@example(lines=[a_line(1).strip() * 2, a_line(2)[:20], a_line(2)[20:]])
@example(lines=[with_data('{"a": 1}{"a": 1}'), with_data("")])
@example(lines=[with_data('{"probabilities": {"a": 1.0}'), with_data(', "model_version": "m"}')])
@example(lines=[a_line(1), with_time("2026-11-21T24:00:00Z"), with_time("2026-02-30T00:00:00Z")])
@example(lines=[a_line(1), with_time("2026-11-21T0\u0661:00:00Z"), with_time("20261121T000000+00")])
@example(lines=[of_model(i, f"m{i % 3}") for i in range(30)])
@given(
    st.lists(
        st.one_of(
            st.sampled_from(LINES),
            st.integers(0, 30).map(a_line),
            st.binary(max_size=60).filter(lambda text: b"\n" not in text),
        ),
        max_size=30,
    )
)
def test_both_parsers_give_the_same_figures(lines: list[bytes]) -> None:
    """Parse each line alone, all in one file, and all line by line."""
    lines = [line.strip(b"\n") for line in lines]
    expected = line_by_line(lines)
    assert same(read(*lines), expected)
    assert same(read(b"\n".join(lines)), expected)


@pytest.mark.parametrize("answer", [{"probabilities": 1}, {}, [], "", 0.5, None, [[0.5]], {"a": 1}])
def test_an_answer_of_unknown_form_is_one_anomaly(answer: Any) -> None:
    summary = read(with_data(json.dumps(answer)))
    assert (summary.records, sum(summary.anomalies.values())) == (1, 1)


def test_a_text_too_long_for_an_answer_is_an_anomaly() -> None:
    long = json.dumps(an_answer(1, more="x" * 2_000_000))
    summary = read(with_data(long) + a_line(2))
    assert (summary.records, dict(summary.anomalies)) == (2, {"no_output": 1})
