"""Stores reports, and what later reports need of them: history, audits, queues, baselines."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from handlers.aws.bucket import Bucket, UnreadableObject
from handlers.domain.errors import InvalidRecord
from monitoring.report import QueueFigures, Window
from monitoring.report.windows import InvalidWindow, is_whole_day, moment

_MAX_HISTORY_BYTES = 64_000
_MAX_FIGURES_BYTES = 1_000
_MAX_BASELINE_BYTES = 16_000_000
_MAX_AUDITS_BYTES = 16_000_000
_OBSERVED = "baselines/observed/"
_FIRST = "first_as_of.txt"
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}


class ReportStore:
    """The reports of one stage. Writing is idempotent: keys follow from the window alone."""

    def __init__(self, objects: Bucket, *, stage: str) -> None:
        self._objects = objects
        self._stage = stage

    def put(self, window: Window, files: Mapping[str, bytes]) -> str:
        """Write the files of a report and return their prefix."""
        folder = self.folder(window)
        for name, content in files.items():
            kind = _TYPES[name.rpartition(".")[2]]
            self._objects.write(f"{folder}{name}", content, content_type=kind)
        return folder

    def folder(self, window: Window) -> str:
        """Return the prefix of a report: `reports/prod/2026-11-21/day/` for a whole day.

        For any other window its start and end take the place of `day`.
        """
        local = window.start.astimezone(ZoneInfo(window.time_zone)).date()
        name = "day" if is_whole_day(window) else f"{_name(window.start)}-{_name(window.end)}"
        return f"reports/{self._stage}/{local.isoformat()}/{name}/"

    def link(self, window: Window, name: str, *, expires_s: int) -> str:
        """Return a signed link to a file of a report, for readers without an AWS account."""
        return self._objects.link(f"{self.folder(window)}{name}", expires_s=expires_s)

    def has_report(self, window: Window) -> bool:
        """Return whether a report of the window is stored."""
        key = f"{self.folder(window)}report.json"
        return any(stored.key == key for stored in self._objects.listed(key))

    def keep_first_as_of(self, window: Window, as_of: datetime) -> None:
        """Store when the first report of the window was made; a stored time is kept.

        Captures written later are late: the first report cannot have read them.
        """
        key, content = f"{self.folder(window)}{_FIRST}", as_of.isoformat().encode()
        self._objects.write_once(key, content, content_type=_TYPES["txt"])

    def first_as_of(self, window: Window) -> datetime | None:
        """Return `as_of` of the first report of the window; None before there is a report."""
        key = f"{self.folder(window)}{_FIRST}"
        content = self._content(key, at_most_bytes=_MAX_FIGURES_BYTES) or b""
        try:
            return moment(content.decode("ascii", "replace"))
        except InvalidWindow:
            return None

    def add_history(self, window: Window, line: bytes) -> None:
        """Store the row of history that later reports read."""
        key = f"{self._history}{_name(window.end)}-{_name(window.start)}.json"
        self._objects.write(key, line, content_type=_TYPES["json"])

    def history(self, *, ended_by: datetime, at_most: int) -> list[str]:
        """Return the rows of the last windows that had ended at `ended_by`, oldest first."""
        keys = [stored.key for stored in self._objects.listed(self._history)]
        ended = sorted(key for key in keys if _window_end(key) <= _name(ended_by))
        return [line for key in ended[-at_most:] for line in self._lines(key)]

    def keep_audits(self, window: Window, text: str) -> None:
        """Store the record of audits up to the window's end."""
        key = f"{self._audits}{_name(window.end)}-{_name(window.start)}.json"
        self._objects.write(key, text.encode(), content_type=_TYPES["json"])

    def audits(self, *, ended_by: datetime) -> str | None:
        """Return the last stored record of audits whose window had ended; None without one."""
        keys = [stored.key for stored in self._objects.listed(self._audits)]
        last = max((key for key in keys if _window_end(key) <= _name(ended_by)), default=None)
        content = last and self._content(last, at_most_bytes=_MAX_AUDITS_BYTES)
        return content.decode("utf-8", "replace") if content else None

    def queue_figures(self, as_of: datetime) -> QueueFigures | None:
        """Return the figures of queues that a report measured at that moment, if one did."""
        content = self._content(self._queues(as_of), at_most_bytes=_MAX_FIGURES_BYTES)
        try:
            return None if content is None else QueueFigures.from_json(content)
        except InvalidRecord:
            return None

    def keep_queue_figures(self, as_of: datetime, figures: QueueFigures) -> None:
        """Store figures of queues; stored ones are kept, so that reports of a moment agree."""
        content = figures.to_json().encode()
        self._objects.write_once(self._queues(as_of), content, content_type=_TYPES["json"])

    def was_notified(self, window: Window, as_of: datetime) -> bool:
        """Return whether the email of this report was sent: a schedule may be delivered twice."""
        return self._content(self._notified(window, as_of), at_most_bytes=1) is not None

    def mark_notified(self, window: Window, as_of: datetime) -> None:
        """Store that the email was sent."""
        self._objects.write_once(self._notified(window, as_of), b"{}", content_type=_TYPES["json"])

    def keep_baseline(self, model_version: str, text: str) -> None:
        """Store a packaged baseline, for later reports on the model's time in service."""
        content = text.encode()
        self._objects.write(_baseline(model_version), content, content_type=_TYPES["json"])

    def baseline(self, model_version: str) -> str | None:
        """Return the stored baseline of a model that was in service; None without one."""
        content = self._content(_baseline(model_version), at_most_bytes=_MAX_BASELINE_BYTES)
        return None if content is None else content.decode("utf-8", "replace")

    def keep_observed(self, model_version: str, text: str) -> str:
        """Store an observed baseline, which replaces the evaluation's; return its key."""
        key = _observed(model_version)
        self._objects.write(key, text.encode(), content_type=_TYPES["json"])
        return key

    def observed_baseline(self, model_version: str) -> str | None:
        """Return the baseline of a quiet window; None where an operator has not stored one."""
        content = self._content(_observed(model_version), at_most_bytes=_MAX_BASELINE_BYTES)
        return None if content is None else content.decode("utf-8", "replace")

    def observed_versions(self) -> list[str]:
        """Return the model versions that have an observed baseline."""
        keys = (stored.key for stored in self._objects.listed(_OBSERVED))
        return [unquote(key.removeprefix(_OBSERVED).removesuffix(".json")) for key in keys]

    def forget_observed(self, model_version: str) -> None:
        """Remove an observed baseline: days are compared with the evaluation's again."""
        self._objects.remove(_observed(model_version))

    def _content(self, key: str, *, at_most_bytes: int) -> bytes | None:
        """Return the content of an object; None where it is absent or cannot be read.

        A report is made without it. For a missing object S3 answers "forbidden" to a role that may
        not list the bucket.
        """
        try:
            return self._objects.read(key, at_most_bytes=at_most_bytes)
        except UnreadableObject:
            return None

    @property
    def _history(self) -> str:
        return f"history/{self._stage}/"

    @property
    def _audits(self) -> str:
        return f"history/audits/{self._stage}/"

    def _queues(self, as_of: datetime) -> str:
        return f"queues/{self._stage}/{_name(as_of)}.json"

    def _notified(self, window: Window, as_of: datetime) -> str:
        # Stored beside the queues' figures: under this prefix the function may list, so that S3
        # answers "not found" for a missing object and not "forbidden".
        times = "-".join(map(_name, (as_of, window.start, window.end)))
        return f"queues/{self._stage}/notified-{times}.json"

    def _lines(self, key: str) -> Iterator[str]:
        content = self._content(key, at_most_bytes=_MAX_HISTORY_BYTES) or b""
        yield from content.decode("utf-8", "replace").splitlines()


def _baseline(model_version: str) -> str:
    return f"baselines/{quote(model_version, safe='')}.json"


def _observed(model_version: str) -> str:
    return f"{_OBSERVED}{quote(model_version, safe='')}.json"


def _name(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _window_end(key: str) -> str:
    return key.rpartition("/")[2].partition("-")[0]
