"""Puts the parts together: chunks in, one summary out. Never fails on what a file holds."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from monitoring.capture.accumulator import CaptureAccumulator
from monitoring.capture.block_parser import FAST_PATH_ERRORS, Rows, parse_block
from monitoring.capture.blocks import blocks, halves_of, lines_of
from monitoring.capture.identifiers import Identifiers, identifiers
from monitoring.capture.line_parser import Row, parse_line, together
from monitoring.capture.span import Span
from monitoring.capture.summary import Anomaly, CaptureSummary
from monitoring.capture.times import Times

LONGEST_LINE = 36 * 1024 * 1024
"""A request of 25 MB, the most that SageMaker is said to accept, in base64, and its answer.

A line is in memory twice while it is read, and what stands beside the answer is never built: the
longest one costs less than 150 MB.
"""
_QUOTED = 5
_MISSING = 1_000
_QUOTED_BYTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureObject:
    """One object under the destination."""

    key: str
    variant: str
    last_modified: datetime
    is_beside: bool = False  # lies in an hour before or after the span, which it may reach into


class CaptureReader:
    """One reader a report. Feed it every object, then ask for the summary."""

    def __init__(
        self,
        span: Span,
        *,
        vehicles: tuple[str, ...],
        late_after: datetime | None = None,
        classes_without_names: tuple[str, ...] = (),
        longest_line: int = LONGEST_LINE,
    ) -> None:
        """`classes_without_names`: what bare lists and CSV answers mean, in their order."""
        self._from, self._to = span.start.timestamp(), span.end.timestamp()
        self._late_after = late_after
        self._nameless = classes_without_names
        self._longest = longest_line
        self._times = Times()
        self._tally = CaptureAccumulator(vehicles=vehicles)
        self._objects = self._late_objects = self._unreadable_objects = 0
        self._lines = self._late = self._outside = 0
        self._variants: Counter[str] = Counter()
        self._odd: Counter[str] = Counter()
        self._quoted: list[Anomaly] = []
        self._neighbours: list[Identifiers] = []

    def read(self, source: CaptureObject, chunks: Iterable[bytes]) -> None:
        """Errors of the chunks' iterator pass through; nothing else is raised."""
        found = 0
        for block in blocks(chunks, longest=self._longest):
            todo = [block]
            while todo:
                lines = todo.pop()
                try:
                    batches = parse_block(lines, self._times, longest=self._longest)
                except FAST_PATH_ERRORS:
                    # Only what is odd is to go the slow way, and not what stands beside it.
                    halves = halves_of(lines)
                    todo.extend(reversed(halves))
                    found += 0 if halves else self._carefully(lines, source)
                else:
                    found += sum(map(self._take, batches))
        is_late = self._late_after is not None and source.last_modified > self._late_after
        self._objects += found > 0 or not source.is_beside
        self._late_objects += is_late and found > 0
        self._late += found * is_late
        if found:
            self._variants[source.variant] += found

    def skip(self, source: CaptureObject) -> None:
        """The object is there, and may not be read."""
        self._unreadable_objects += not source.is_beside

    def summary(self, *, classified: Iterable[str] | None = None) -> CaptureSummary:
        """`classified`: the photos that the ledger says were classified in the span."""
        joined = (None, None, ()) if classified is None else self._joined(classified)
        scores = self._tally.scores()
        odd = self._odd + Counter(too_many_models=self._tally.unkept)
        return CaptureSummary(
            objects=self._objects,
            unreadable_objects=self._unreadable_objects,
            late_objects=self._late_objects,
            lines=self._lines,
            records=self._tally.records,
            duplicates=self._tally.duplicates,
            outside=self._outside,
            late_records=self._late,
            variants=dict(sorted(self._variants.items())),
            hours=dict(sorted(self._tally.hours.items())),
            anomalies=dict(sorted(odd.items())),
            quoted=tuple(self._quoted),
            scores=scores,
            classified=joined[0],
            captured=joined[1],
            missing=joined[2],
        )

    def _take(self, rows: Rows) -> int:
        """How many of the rows are in the span."""
        inside = (rows.seconds >= self._from) & (rows.seconds < self._to)
        count = int(np.count_nonzero(inside))
        self._lines += count
        if count < len(inside):
            self._outside += len(inside) - count
            # Received before midnight, classified after it: it was captured all the same.
            self._neighbours.append(rows.ids[~inside])
            rows = Rows(
                ids=rows.ids[inside],
                seconds=rows.seconds[inside],
                answer=rows.answer,
                probabilities=rows.probabilities[:, inside],
            )
        if count:
            self._tally.add(rows)
        return count

    def _carefully(self, lines: bytes, source: CaptureObject) -> int:
        rows: list[Row] = []
        for line in lines_of(lines, longest=self._longest):
            reading = parse_line(line, classes_without_names=self._nameless)
            if reading.row is not None:
                rows.append(reading.row)
            if reading.row is None:
                is_ours = not source.is_beside  # when it was, nobody can say
                self._lines += is_ours
            else:
                is_ours = self._from <= reading.row.seconds < self._to
            if reading.odd and is_ours:
                self._quote(line, reading.odd, source)
        return sum(map(self._take, together(rows)))

    def _quote(self, line: bytes, odd: tuple[str, ...], source: CaptureObject) -> None:
        self._odd.update(odd)
        if len(self._quoted) < _QUOTED:
            text = line[:_QUOTED_BYTES].decode("utf-8", "backslashreplace")
            kind = odd[-1]
            self._quoted.append(Anomaly(kind=kind, object_key=source.key, quoted=ascii(text)))

    def _joined(self, classified: Iterable[str]) -> tuple[int, int, tuple[str, ...]]:
        wanted = sorted({*classified})
        near = [self._tally.seen(), *self._neighbours]
        lost = np.flatnonzero(~np.isin(identifiers(wanted), np.concatenate(near)))
        missing = tuple(wanted[place] for place in lost[:_MISSING])
        return len(wanted), len(wanted) - len(lost), missing
