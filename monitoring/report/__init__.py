"""The monitoring report in three pure stages: assess, describe, render.

`build_report` turns inputs into checks and a document; `files` renders the document as HTML and
writes the lists beside it.
"""

from monitoring.report.build import Report, build_report
from monitoring.report.checks.check import Check
from monitoring.report.records.inputs import (
    HistoryRow,
    QueueFigures,
    ReportInputs,
    ReportSettings,
    Thumbnail,
    Window,
)
from monitoring.report.records.photo import PhotoFacts

__all__ = [
    "Check",
    "HistoryRow",
    "PhotoFacts",
    "QueueFigures",
    "Report",
    "ReportInputs",
    "ReportSettings",
    "Thumbnail",
    "Window",
    "build_report",
]
