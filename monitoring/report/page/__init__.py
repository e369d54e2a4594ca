"""report.html: one file, no scripts, nothing from outside; every text in it is escaped."""

from monitoring.report.page.page import page_of

__all__ = ["page_of"]
