"""Reads capture files chunk by chunk into one summary; no content makes it fail."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from monitoring.capture.accumulator import CaptureAccumulator
from monitoring.capture.block_parser import FAST_PATH_ERRORS, Rows, parse_block
from monitoring.capture.blocks import blocks, halves_of, lines_of
from monitoring.capture.identifiers import Identifiers, identifiers
from monitoring.capture.line_parser import Row, batches_of, parse_line
from monitoring.capture.summary import Anomaly, CaptureSummary
from monitoring.capture.times import Span, TimeParser

LONGEST_LINE = 36 * 1024 * 1024
"""Bytes of the longest line that is read: a request of 25 MB in base64, and its answer.

SageMaker documents 25 MB as its largest request. A line is in memory twice while it is read, and
only its answer is decoded: the longest one costs less than 150 MB.
"""
_MOST_QUOTED = 5  # lines
_MOST_MISSING = 1_000  # photo ids
_QUOTED_BYTES = 120  # of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureObject:
    """One object under the destination."""

    key: str
    variant: str
    last_modified: datetime
    is_beside: bool = False  # of an hour beside the span; may hold records of it


class CaptureReader:
    """Reads the objects of one report: call `read` for every object, then `summary`."""

    def __init__(
        self,
        span: Span,
        *,
        vehicles: tuple[str, ...],
        late_after: datetime | None = None,
        classes_without_names: tuple[str, ...] = (),
        longest_line: int = LONGEST_LINE,
    ) -> None:
        """Prepare to count records of the span.

        Args:
            span: the time of the records that count.
            vehicles: the classes with an order range; the confidence is that of the best one.
            late_after: objects modified later count as late; None: none does.
            classes_without_names: class names of bare lists and CSV answers, in their order.
            longest_line: in bytes; longer lines are counted as anomalies.
        """
        self._from, self._to = span.start.timestamp(), span.end.timestamp()
        self._late_after = late_after
        self._class_names = classes_without_names
        self._longest = longest_line
        self._times = TimeParser()
        self._accumulator = CaptureAccumulator(vehicles=vehicles)
        self._objects = self._late_objects = self._unreadable_objects = 0
        self._lines = self._late = self._outside = 0
        self._variants: Counter[str] = Counter()
        self._anomalies: Counter[str] = Counter()
        self._quoted: list[Anomaly] = []
        self._ids_outside: list[Identifiers] = []

    def read(self, source: CaptureObject, chunks: Iterable[bytes]) -> None:
        """Count the records of an object.

        Raises: only what the iterator of the chunks raises.
        """
        in_span = 0
        for block in blocks(chunks, longest=self._longest):
            pending = [block]
            while pending:
                lines = pending.pop()
                try:
                    batches = parse_block(lines, self._times, longest=self._longest)
                except FAST_PATH_ERRORS:
                    # Halve the block, so that only the lines around the anomaly are parsed slowly.
                    halves = halves_of(lines)
                    pending.extend(reversed(halves))
                    in_span += 0 if halves else self._parse_lines(lines, source)
                else:
                    in_span += sum(map(self._count_rows, batches))
        is_late = self._late_after is not None and source.last_modified > self._late_after
        self._objects += in_span > 0 or not source.is_beside
        self._late_objects += is_late and in_span > 0
        self._late += in_span * is_late
        if in_span:
            self._variants[source.variant] += in_span

    def skip(self, source: CaptureObject) -> None:
        """Count an object that exists and may not be read."""
        self._unreadable_objects += not source.is_beside

    def summary(self, *, classified: Iterable[str] | None = None) -> CaptureSummary:
        """Return the figures; `classified`: ids of the photos that the ledger has as classified."""
        joined = (None, None, ()) if classified is None else self._joined(classified)
        scores = self._accumulator.scores()
        anomalies = self._anomalies + Counter(too_many_models=self._accumulator.of_further_models)
        return CaptureSummary(
            objects=self._objects,
            unreadable_objects=self._unreadable_objects,
            late_objects=self._late_objects,
            lines=self._lines,
            records=self._accumulator.records,
            duplicates=self._accumulator.duplicates,
            outside=self._outside,
            late_records=self._late,
            variants=dict(sorted(self._variants.items())),
            hours=dict(sorted(self._accumulator.hours.items())),
            anomalies=dict(sorted(anomalies.items())),
            quoted=tuple(self._quoted),
            scores=scores,
            classified=joined[0],
            captured=joined[1],
            missing=joined[2],
        )

    def _count_rows(self, rows: Rows) -> int:
        """Count the rows that are in the span, and return their number."""
        inside = (rows.seconds >= self._from) & (rows.seconds < self._to)
        count = int(np.count_nonzero(inside))
        self._lines += count
        if count < len(inside):
            self._outside += len(inside) - count
            # A photo received before midnight and classified after it was captured as well.
            self._ids_outside.append(rows.ids[~inside])
            rows = Rows(
                ids=rows.ids[inside],
                seconds=rows.seconds[inside],
                answer=rows.answer,
                probabilities=rows.probabilities[:, inside],
            )
        if count:
            self._accumulator.add(rows)
        return count

    def _parse_lines(self, lines: bytes, source: CaptureObject) -> int:
        rows: list[Row] = []
        for line in lines_of(lines, longest=self._longest):
            parsed = parse_line(line, classes_without_names=self._class_names)
            if parsed.row is not None:
                rows.append(parsed.row)
            if parsed.row is None:
                is_in_span = not source.is_beside  # its time is unknown
                self._lines += is_in_span
            else:
                is_in_span = self._from <= parsed.row.seconds < self._to
            if parsed.anomalies and is_in_span:
                self._quote(line, parsed.anomalies, source)
        return sum(map(self._count_rows, batches_of(rows)))

    def _quote(self, line: bytes, kinds: tuple[str, ...], source: CaptureObject) -> None:
        self._anomalies.update(kinds)
        if len(self._quoted) < _MOST_QUOTED:
            text = line[:_QUOTED_BYTES].decode("utf-8", "backslashreplace")
            self._quoted.append(Anomaly(kind=kinds[-1], object_key=source.key, quoted=ascii(text)))

    def _joined(self, classified: Iterable[str]) -> tuple[int, int, tuple[str, ...]]:
        wanted = sorted({*classified})
        captured = [self._accumulator.seen(), *self._ids_outside]
        lost = np.flatnonzero(~np.isin(identifiers(wanted), np.concatenate(captured)))
        missing = tuple(wanted[place] for place in lost[:_MOST_MISSING])
        return len(wanted), len(wanted) - len(lost), missing
