"""What a report is made from: records that the caller fills from ledger, labels and settings.

Nothing here reads anything. Two calls with equal records give equal bytes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from math import isfinite
from typing import Self

from handlers.domain.errors import InvalidRecord
from monitoring.capture.summary import CaptureSummary
from monitoring.report.baseline import Baseline

_MALFORMED = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start` (included) to `end` (excluded), both UTC; shown in `time_zone`."""

    start: datetime
    end: datetime
    time_zone: str = "UTC"  # IANA name


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoFacts:
    """One photo as the ledger knows it; texts are empty and figures None where nothing is known.

    A verdict is a class name, `neither` or `unusable`.
    """

    photo_id: str
    key: str
    bucket: str = ""
    version_id: str = ""
    driver_id: str = ""
    status: str  # received | requeued | assigned | in_review | rejected | failed
    reason: str = ""  # of a rejection or failure
    review: str = "none"  # none | open | done
    review_reason: str = ""
    uploaded_at: datetime | None = None
    received_at: datetime
    enqueued_at: datetime | None = None
    decided_at: datetime | None = None  # of the machine's outcome, or the reviewer's verdict
    model_version: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None  # of the best vehicle
    vehicle: str = ""  # the model's best vehicle
    threshold: float | None = None
    threshold_source: str = ""  # calibrated | override | invalid_override
    quality: Mapping[str, float] = field(default_factory=dict)  # names as in Quality
    image_format: str = ""
    verdict: str = ""  # the label that stands
    verdict_by: str = ""
    opinions: tuple[str, ...] = ()  # of further reviewers, for agreement
    seeded_label: str = ""  # the known answer of a test item, if it is one


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """Depths, ages and the sweeper's last whole walk at `as_of`; None where nobody measured."""

    reviews_open: int | None = None
    oldest_review_s: float | None = None
    failures_waiting: int | None = None
    dead_letters: int | None = None
    walk_ended_at: str | None = None  # ISO 8601, UTC
    walked_objects: int | None = None  # versions in the bucket that the sweeper looked at
    lost_objects: int | None = None  # of them without a row, when it came by

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises: InvalidRecord."""
        try:
            found = cls(**json.loads(text))
            for name, value in asdict(found).items():
                if value is not None:
                    _CHECKS_OF_QUEUES.get(name, _count)(value)
        except _MALFORMED as error:
            raise InvalidRecord(f"figures of queues are malformed: {error!r}") from error
        return found

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A picture to show; the report chooses by photo_id among those that it is given."""

    photo_id: str
    data_uri: str  # data:image/jpeg;base64,… ; anything else is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """What a later report needs of an earlier one; `Report.history_row()` makes it."""

    start: str  # ISO 8601, UTC
    end: str
    verdict: str
    n: int
    watched: Mapping[str, int]  # check → direction (-1, 0, 1), of checks that were WATCH or ACT
    figures: Mapping[str, float]  # review_rate, mean_confidence, estimated_accuracy, …
    rolled: bool = False  # rests on seven days, not one: no use for persistence
    effects: Mapping[str, float] = field(default_factory=dict)  # check → effect with its sign

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Raises: InvalidRecord."""
        try:
            wire = json.loads(text)
            return cls(
                start=_time(wire["start"]),
                end=_time(wire["end"]),
                verdict=str(wire["verdict"]),
                n=int(wire["n"]),
                watched={str(name): int(way) for name, way in wire["watched"].items()},
                figures={str(name): _number(each) for name, each in wire["figures"].items()},
                rolled=bool(wire.get("rolled", False)),
                effects={str(name): _number(x) for name, x in wire.get("effects", {}).items()},
            )
        except _MALFORMED as error:
            raise InvalidRecord(f"a row of the history is malformed: {error!r}") from error

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} counts nothing")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return float(value)


def _time(value: object) -> str:
    if datetime.fromisoformat(str(value)).tzinfo is None:
        raise ValueError(f"{value!r} names no time zone")
    return str(value)


_CHECKS_OF_QUEUES: Mapping[str, Callable[[object], object]] = {
    "oldest_review_s": _number,
    "walk_ended_at": _time,
}  # all else is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """What people may set."""

    vehicles: tuple[str, ...]  # classes with an order range, as the policy has them
    minimum_n: int = 50
    rolled_days: int = 7
    audit_days: int = 30
    completeness_watch: float = 0.99
    completeness_act: float = 0.95
    review_overdue_s: float = 4 * 3600.0
    stuck_after_s: float = 1800.0
    capture_sampling_share: float = 1.0  # of requests, as the endpoint is set
    stage: str = ""
    title: str = "Scones Unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInputs:
    """Everything that a report says, before anything is computed."""

    window: Window
    as_of: datetime  # UTC
    photos: Sequence[PhotoFacts]  # received in the window
    capture: CaptureSummary | None  # None: capture is switched off
    baselines: Mapping[str, Baseline]  # by model version
    week: Sequence[PhotoFacts] = ()  # received in rolled_days up to window.end, photos included
    audited: Sequence[PhotoFacts] = ()  # received in audit_days up to window.end, classified ones
    history: Sequence[HistoryRow] = ()  # oldest first, of windows that ended before this one
    objects_received: int | None = None  # object versions in the bucket, where somebody counted
    unreadable_rows: Sequence[str] = ()  # ids of the ledger's rows that are no records
    unreadable_labels: int = 0  # lines of the labels' bucket that are none
    capture_expired: bool = False  # captures of this window are deleted by now
    queues: QueueFigures = QueueFigures()
    thumbnails: Sequence[Thumbnail] = ()
    settings: ReportSettings
    code_version: str = ""
