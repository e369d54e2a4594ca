"""report.json, report.html and the line that the history keeps."""

import json

from monitoring.report.build import Report
from monitoring.report.html.render import render
from monitoring.report.records.inputs import HistoryRow


def report_json(report: Report) -> bytes:
    """Serialize the whole document; names and meanings change only with `schema`."""
    return (json.dumps(report.document, sort_keys=True, indent=1) + "\n").encode()


def report_html(report: Report) -> bytes:
    """Render one self-contained page."""
    return render(report.document, report.thumbnails).encode("utf-8", "backslashreplace")


def history_line(row: HistoryRow) -> bytes:
    """Serialize one line of the history."""
    return (row.to_json() + "\n").encode()
