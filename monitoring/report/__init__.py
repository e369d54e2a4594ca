"""The daily report: one verdict first, then everything that it rests on."""

from monitoring.report.build import Report, build_report
from monitoring.report.check import Check
from monitoring.report.facts import (
    HistoryRow,
    PhotoFacts,
    QueueFigures,
    ReportInputs,
    ReportSettings,
    Thumbnail,
    Window,
)

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
