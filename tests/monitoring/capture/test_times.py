"""Times of many records parsed at once equal those parsed one by one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.capture.times import TimeParser

MOMENTS = st.integers(-2_000_000_000, 7_000_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, tz=UTC)
)
FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.123456+02:00", "%Y-%m-%d %H:%M:%S")


@given(st.lists(MOMENTS, min_size=1, max_size=20), st.sampled_from(FORMS))
def test_every_form_of_a_time_is_the_same_second(moments: list[datetime], form: str) -> None:
    texts = [moment.strftime(form) for moment in moments]
    parsed = [datetime.fromisoformat(text) for text in texts]
    expected = [
        (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() for moment in parsed
    ]
    assert TimeParser().seconds(texts).tolist() == expected


@given(st.lists(MOMENTS, min_size=1, max_size=20))
def test_texts_of_several_forms_are_parsed_together(moments: list[datetime]) -> None:
    texts = [moment.strftime(FORMS[i % len(FORMS)]) for i, moment in enumerate(moments)]
    alone = [TimeParser().seconds([text])[0] for text in texts]
    assert TimeParser().seconds(texts).tolist() == alone


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T0/:00:00Z",
        "2026-01-01T00:00:0",
        "now",
    ],
)
def test_a_text_that_is_not_a_time_is_refused(text: str) -> None:
    for texts in ([text], ["2026-01-01T00:00:00Z", text]):
        with pytest.raises(ValueError, match=r"."):
            TimeParser().seconds(texts)
