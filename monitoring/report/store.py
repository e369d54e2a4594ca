"""Where reports stand: the bucket, what lies under which key, and what an earlier one has left."""

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
_OBSERVED = "baselines/observed/"
_FIRST = "first_as_of.txt"
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
}


class ReportStore:
    """The reports of one stage. Keys follow from the window alone: twice is once."""

    def __init__(self, objects: Bucket, *, stage: str) -> None:
        self._objects = objects
        self._stage = stage

    def put(self, window: Window, files: Mapping[str, bytes]) -> str:
        """Write the files of a report; where they lie."""
        folder = self.folder(window)
        for name, content in files.items():
            kind = _TYPES[name.rpartition(".")[2]]
            self._objects.write(f"{folder}{name}", content, content_type=kind)
        return folder

    def folder(self, window: Window) -> str:
        """`reports/prod/2026-11-21/day/`, or the window's own times in place of `day`."""
        local = window.start.astimezone(ZoneInfo(window.time_zone)).date()
        name = "day" if is_whole_day(window) else f"{_name(window.start)}-{_name(window.end)}"
        return f"reports/{self._stage}/{local.isoformat()}/{name}/"

    def link(self, window: Window, name: str, *, expires_s: int) -> str:
        """A link to a file of a report, without an account."""
        return self._objects.link(f"{self.folder(window)}{name}", expires_s=expires_s)

    def stands(self, window: Window) -> bool:
        """Whether there is a report of it."""
        key = f"{self.folder(window)}report.json"
        return any(each.key == key for each in self._objects.listed(key))

    def keep_first_as_of(self, window: Window, as_of: datetime) -> None:
        """What was written later, the first report cannot have read; the first one stays."""
        key, content = f"{self.folder(window)}{_FIRST}", as_of.isoformat().encode()
        self._objects.write_once(key, content, content_type=_TYPES["txt"])

    def first_as_of(self, window: Window) -> datetime | None:
        """When the first report of the window was made; None if there is none."""
        key = f"{self.folder(window)}{_FIRST}"
        content = self._kept(key, at_most_bytes=_MAX_FIGURES_BYTES) or b""
        try:
            return moment(content.decode("ascii", "replace"))
        except InvalidWindow:
            return None

    def remember(self, window: Window, line: bytes) -> None:
        """The row of history that later reports read."""
        key = f"{self._history}{_name(window.end)}-{_name(window.start)}.json"
        self._objects.write(key, line, content_type=_TYPES["json"])

    def history(self, *, ended_by: datetime, at_most: int) -> list[str]:
        """Rows of windows that were over then, the last ones, oldest first."""
        keys = [each.key for each in self._objects.listed(self._history)]
        ended = sorted(key for key in keys if _end_of(key) <= _name(ended_by))
        return [line for key in ended[-at_most:] for line in self._lines(key)]

    def queue_figures(self, as_of: datetime) -> QueueFigures | None:
        """What the queues held at that moment, if a report measured it then."""
        content = self._kept(self._queues(as_of), at_most_bytes=_MAX_FIGURES_BYTES)
        try:
            return None if content is None else QueueFigures.from_json(content)
        except InvalidRecord:
            return None

    def keep_queue_figures(self, as_of: datetime, figures: QueueFigures) -> None:
        """The first ones stay: every report of that moment says the same."""
        content = figures.to_json().encode()
        self._objects.write_once(self._queues(as_of), content, content_type=_TYPES["json"])

    def was_notified(self, window: Window, as_of: datetime) -> bool:
        """Whether people know of this report already: a schedule may be delivered twice."""
        return self._kept(self._notified(window, as_of), at_most_bytes=1) is not None

    def mark_notified(self, window: Window, as_of: datetime) -> None:
        """They know now."""
        self._objects.write_once(self._notified(window, as_of), b"{}", content_type=_TYPES["json"])

    def keep_baseline(self, model_version: str, text: str) -> None:
        """For reports about a time in which this model was in service."""
        content = text.encode()
        self._objects.write(_baseline(model_version), content, content_type=_TYPES["json"])

    def baseline(self, model_version: str) -> str | None:
        """The baseline of a model that was in service once."""
        content = self._kept(_baseline(model_version), at_most_bytes=_MAX_BASELINE_BYTES)
        return None if content is None else content.decode("utf-8", "replace")

    def keep_observed(self, model_version: str, text: str) -> str:
        """In the place of the evaluation's, until it is forgotten; the key."""
        key = _observed(model_version)
        self._objects.write(key, text.encode(), content_type=_TYPES["json"])
        return key

    def observed_baseline(self, model_version: str) -> str | None:
        """The baseline of a quiet window, where somebody made one."""
        content = self._kept(_observed(model_version), at_most_bytes=_MAX_BASELINE_BYTES)
        return None if content is None else content.decode("utf-8", "replace")

    def observed_versions(self) -> list[str]:
        """Models that days are compared with their own quiet window of."""
        keys = (each.key for each in self._objects.listed(_OBSERVED))
        return [unquote(key.removeprefix(_OBSERVED).removesuffix(".json")) for key in keys]

    def forget_observed(self, model_version: str) -> None:
        """From now on days are compared with the evaluation's baseline again."""
        self._objects.remove(_observed(model_version))

    def _kept(self, key: str, *, at_most_bytes: int) -> bytes | None:
        """What cannot be read is as if it were not there: a report is made all the same.

        Whoever may not list is told of a missing object that it is forbidden.
        """
        try:
            return self._objects.read(key, at_most_bytes=at_most_bytes)
        except UnreadableObject:
            return None

    @property
    def _history(self) -> str:
        return f"history/{self._stage}/"

    def _queues(self, as_of: datetime) -> str:
        return f"queues/{self._stage}/{_name(as_of)}.json"

    def _notified(self, window: Window, as_of: datetime) -> str:
        # Beside the queues' figures of that moment: in that folder the function may ask for what
        # is not there, which S3 answers with "forbidden" elsewhere.
        times = "-".join(map(_name, (as_of, window.start, window.end)))
        return f"queues/{self._stage}/notified-{times}.json"

    def _lines(self, key: str) -> Iterator[str]:
        content = self._kept(key, at_most_bytes=_MAX_HISTORY_BYTES) or b""
        yield from content.decode("utf-8", "replace").splitlines()


def _baseline(model_version: str) -> str:
    return f"baselines/{quote(model_version, safe='')}.json"


def _observed(model_version: str) -> str:
    return f"{_OBSERVED}{quote(model_version, safe='')}.json"


def _name(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _end_of(key: str) -> str:
    return key.rpartition("/")[2].partition("-")[0]
