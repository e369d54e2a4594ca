"""What a report is computed from: records that the caller fills from ledger, labels and settings.

Nothing here performs input or output. Equal records give equal bytes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from math import isfinite
from typing import Self

from handlers.domain.errors import InvalidRecord
from handlers.domain.json_text import parse_json
from monitoring.capture.summary import CaptureSummary
from monitoring.report.baseline import Baseline
from monitoring.report.records.audits import AuditRecord
from monitoring.report.records.photo import PhotoFacts
from monitoring.statistics.error_budget import BudgetRule

_MALFORMED = (ArithmeticError, LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start` (included) to `end` (excluded), both UTC; shown in `time_zone`."""

    start: datetime
    end: datetime
    time_zone: str = "UTC"  # IANA name


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """Depths, ages and the sweeper's last complete walk at `as_of`; None: not measured."""

    reviews_open: int | None = None
    oldest_review_s: float | None = None
    failures_waiting: int | None = None
    dead_letters: int | None = None
    walk_ended_at: str | None = None  # ISO 8601, UTC
    walked_objects: int | None = None  # object versions that the sweeper compared
    lost_objects: int | None = None  # of them without a row at that time

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises: InvalidRecord."""
        try:
            figures = cls(**parse_json(text))
            for name, value in asdict(figures).items():
                if value is not None:
                    _QUEUE_VALIDATORS.get(name, _count)(value)
        except _MALFORMED as error:
            raise InvalidRecord(f"figures of queues are malformed: {error!r}") from error
        return figures

    def to_json(self) -> str:
        """Return one line."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A picture to show; the report selects by photo_id among those that it receives."""

    photo_id: str
    data_uri: str  # data:image/jpeg;base64,… ; anything else is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """What later reports need of an earlier one."""

    start: str  # ISO 8601, UTC
    end: str
    verdict: str
    n: int
    watched: Mapping[str, int]  # check → direction (-1, 0, 1), of checks that were WATCH or ACT
    figures: Mapping[str, float]  # review_rate, mean_confidence, estimated_accuracy, …
    rolled: bool = False  # rests on seven days: overlaps, so it does not count as persistence
    effects: Mapping[str, float] = field(default_factory=dict)  # check → effect with its sign

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises: InvalidRecord."""
        try:
            wire = parse_json(text)
            return cls(
                start=_time(wire["start"]),
                end=_time(wire["end"]),
                verdict=str(wire["verdict"]),
                n=int(wire["n"]),
                watched={str(name): int(way) for name, way in wire["watched"].items()},
                figures={str(name): _number(value) for name, value in wire["figures"].items()},
                rolled=bool(wire.get("rolled", False)),
                effects={str(name): _number(x) for name, x in wire.get("effects", {}).items()},
            )
        except _MALFORMED as error:
            raise InvalidRecord(f"a row of the history is malformed: {error!r}") from error

    def to_json(self) -> str:
        """Return one line."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is not a count")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)


def _time(value: object) -> str:
    if datetime.fromisoformat(str(value)).tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return str(value)


_QUEUE_VALIDATORS: Mapping[str, Callable[[object], object]] = {
    "oldest_review_s": _number,
    "walk_ended_at": _time,
}  # all other figures are counts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """What operators can set."""

    vehicles: tuple[str, ...]  # classes with an order range, as in the policy
    minimum_n: int = 50  # classified photos without which nothing is compared
    rolled_days: int = 7  # the longer window of a day with fewer photos
    audit_days: int = 30  # days over which accuracy is estimated
    completeness_watch: float = 0.99
    completeness_act: float = 0.95
    review_overdue_s: float = 4 * 3600.0
    stuck_after_s: float = 1800.0
    capture_sampling_share: float = 1.0  # of requests, as the endpoint is configured
    budget: BudgetRule = field(default_factory=BudgetRule)
    stage: str = ""
    title: str = "Scones Unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationalFacts:
    """What is known about the system besides its photos."""

    as_of: datetime  # UTC
    capture: CaptureSummary | None
    queues: QueueFigures
    objects_received: int | None
    unreadable_rows: Sequence[str]
    unreadable_labels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInputs:
    """Everything that a report uses, before anything is computed."""

    window: Window
    as_of: datetime  # UTC
    photos: Sequence[PhotoFacts]  # received in the window
    capture: CaptureSummary | None  # None: capture is switched off
    baselines: Mapping[str, Baseline]  # by model version
    week: Sequence[PhotoFacts] = ()  # received in rolled_days up to window.end, photos included
    audited: Sequence[PhotoFacts] = ()  # received in audit_days up to window.end, classified ones
    audit_record: AuditRecord = field(default_factory=AuditRecord)  # all days up to window.end
    history: Sequence[HistoryRow] = ()  # oldest first, of windows that ended before this one
    objects_received: int | None = None  # object versions in the bucket; None: not counted
    unreadable_rows: Sequence[str] = ()  # ids of malformed rows of the ledger
    unreadable_labels: int = 0  # malformed lines of the labels' bucket
    capture_expired: bool = False  # the captures of this window are past their retention
    queues: QueueFigures = QueueFigures()
    thumbnails: Sequence[Thumbnail] = ()
    settings: ReportSettings
    code_version: str = ""

    @property
    def operations(self) -> OperationalFacts:
        """The operational part alone."""
        return OperationalFacts(
            as_of=self.as_of,
            capture=self.capture,
            queues=self.queues,
            objects_received=self.objects_received,
            unreadable_rows=self.unreadable_rows,
            unreadable_labels=self.unreadable_labels,
        )
