"""Puts the chapters together."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitoring.report.facts import Thumbnail
from monitoring.report.page import back, captured, front, history, judgement, traffic
from monitoring.report.page.markup import text
from monitoring.report.page.style import STYLE

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page_of(document: Mapping[str, Any], thumbnails: Sequence[Thumbnail]) -> str:
    """The whole page from report.json's document and the pictures beside it."""
    title = f"{document['verdict']} · {document['window']['label']} · {document['title']}"
    chapters = (
        front.heading(document),
        "<main>\n",
        front.what_to_do(document),
        front.counts(document),
        front.examples(document, thumbnails),
        traffic.hours(document),
        judgement.accuracy(document),
        *(traffic.model_chapter(model) for model in document["models"]),
        judgement.thresholds(document),
        back.times(document),
        captured.capture(document),
        history.history(document),
        back.checks(document),
        back.photos(document),
        back.words(),
        "</main>\n",
        back.foot(document),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{''.join(chapters)}\n</body>\n</html>\n"
    )
