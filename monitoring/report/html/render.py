"""report.html from the document alone; the templates beside this module hold its text."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from monitoring.rendering.format import DASH
from monitoring.rendering.markup import environment, render_page
from monitoring.rendering.thumbnails import DATA_URI_PREFIX
from monitoring.report.checks.budget import BROKEN, KEPT, NOT_KNOWN
from monitoring.report.checks.catalogue import format_effect
from monitoring.report.html import charts
from monitoring.report.records.inputs import Thumbnail

HERE = Path(__file__).parent
LISTED = 50
_BUDGET_TONES = {KEPT: "OK", NOT_KNOWN: "NOT", BROKEN: "ACT"}
Json = Mapping[str, Any]


def render(document: Json, thumbnails: Sequence[Thumbnail]) -> str:
    """Return the whole page; thumbnails that are not embedded JPEGs are not shown."""
    title = f"{document['verdict']} · {document['window']['label']} · {document['title']}"
    return render_page(
        _environment(),
        "report.html",
        title=title,
        style_sheet=HERE / "report_page.css",
        document=document,
        cards=_cards(document["checks"]),
        pictures={
            thumbnail.photo_id: thumbnail.data_uri
            for thumbnail in thumbnails
            if thumbnail.data_uri.startswith(DATA_URI_PREFIX)
        },
        trends=charts.trends(document),
    )


@cache
def _environment() -> Environment:
    made = environment(HERE / "templates")
    made.filters.update(effect=_effect, identifier=_identifier, tone=charts.tone, words=_words)
    made.globals.update(
        BUDGET_TONES=_BUDGET_TONES,
        LISTED=LISTED,
        STATUSES=charts.STATUSES,
        accuracy_chart=charts.accuracy_chart,
        confidence_chart=charts.confidence_chart,
        hours_chart=charts.hours_chart,
        present_statuses=charts.present_statuses,
        quality_chart=charts.quality_chart,
        review_chart=charts.review_chart,
        shares_chart=charts.shares_chart,
    )
    return made


def _cards(checks: Sequence[Json]) -> list[tuple[str, str, list[Json]]]:
    """Group WATCH and ACT checks by verdict and advice, the most severe first."""
    loud = [check for check in checks if check["verdict"] in charts.LOUD]
    loud.sort(key=lambda check: (charts.LOUD.index(check["verdict"]), check["p"] or 0.0))
    groups: dict[tuple[str, str], list[Json]] = {}
    for check in loud:
        groups.setdefault((check["verdict"], check["advice"]), []).append(check)
    return [(verdict, advice, group) for (verdict, advice), group in groups.items()]


def _effect(value: float | None, unit: str) -> str:
    return DASH if value is None else format_effect(value, unit)


def _identifier(text: str) -> str:
    """Replace what an HTML id cannot hold."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in text)


def _words(text: str) -> str:
    return text.replace("_", " ")
