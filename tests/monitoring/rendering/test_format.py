"""Numbers and texts as the reports show them."""

import pytest

from monitoring.rendering.format import DASH, duration, interval, number, percent, printable


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, DASH),
        (0, "0"),
        (-0.0123456, "−0.0123"),
        (999.4, "999"),
        (12_345.6, "12,346"),
        (2_345_678, "2.35 M"),
    ],
)
def test_numbers_have_significant_digits(value: float | None, expected: str) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, DASH),
        (0.25, "0.25 s"),
        (99, "99 s"),
        (600, "10 min"),
        (36_000, "10 h"),
        (864_000, "10 days"),
    ],
)
def test_durations_have_a_readable_unit(seconds: float | None, expected: str) -> None:
    assert duration(seconds) == expected


def test_shares_are_percentages() -> None:
    assert percent(0.985) == "98.5 %"
    assert percent(None) == DASH
    assert interval(0.974, 0.9931) == "97.4 to 99.3 %"
    assert interval(None, 0.5) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\r\nb", r"a\r\nb"), ("\u202ex", r"\u202ex"), ("\ud800", r"\ud800"), ("Zoë 🚲", "Zoë 🚲")],
)
def test_invisible_characters_become_visible(text: str, expected: str) -> None:
    assert printable(text) == expected
