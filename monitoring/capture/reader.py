"""Puts the parts together: chunks in, one summary out. Never fails on what a file holds."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from monitoring.capture.careful import read_line
from monitoring.capture.identifiers import Identifiers, identifiers
from monitoring.capture.lines import blocks, lines_of
from monitoring.capture.records import SURPRISES, Rows, usual
from monitoring.capture.span import Span
from monitoring.capture.summary import CaptureSummary, Oddity
from monitoring.capture.tally import Tally
from monitoring.capture.times import Times

LONGEST_LINE = 18 * 1024 * 1024
"""An invocation's 6 MiB and its answer, in base64, with room to spare."""
_QUOTED = 5
_MISSING = 1_000
_QUOTED_BYTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureObject:
    """One object under the destination."""

    key: str
    variant: str
    last_modified: datetime


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
        self._tally = Tally(vehicles=vehicles)
        self._objects = self._late_objects = self._lines = self._late = self._outside = 0
        self._variants: Counter[str] = Counter()
        self._odd: Counter[str] = Counter()
        self._quoted: list[Oddity] = []
        self._neighbours: list[Identifiers] = []

    def read(self, source: CaptureObject, chunks: Iterable[bytes]) -> None:
        """Errors of the chunks' iterator pass through; nothing else is raised."""
        is_late = self._late_after is not None and source.last_modified > self._late_after
        self._objects += 1
        self._late_objects += is_late
        found = 0
        for block in blocks(chunks, longest=self._longest):
            try:
                rows = usual(block, self._times, longest=self._longest)
            except SURPRISES:
                found += self._carefully(block, source)
            else:
                self._lines += len(rows.ids)
                found += self._take(rows)
        self._variants[source.variant] += found
        self._late += found * is_late

    def summary(self, *, classified: Iterable[str] | None = None) -> CaptureSummary:
        """`classified`: the photos that the ledger says were classified in the span."""
        joined = (None, None, ()) if classified is None else self._joined(classified)
        scores = self._tally.scores()
        odd = self._odd + Counter(too_many_models=self._tally.unkept)
        return CaptureSummary(
            objects=self._objects,
            late_objects=self._late_objects,
            lines=self._lines,
            records=self._tally.records,
            duplicates=self._tally.duplicates,
            outside=self._outside,
            late_records=self._late,
            variants=dict(sorted(self._variants.items())),
            hours=dict(sorted(self._tally.hours.items())),
            oddities=dict(sorted(odd.items())),
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

    def _carefully(self, block: bytes, source: CaptureObject) -> int:
        found = 0
        for line in lines_of(block, longest=self._longest):
            self._lines += 1
            reading = read_line(line, self._times, classes_without_names=self._nameless)
            if reading.rows is not None:
                found += self._take(reading.rows)
            for kind in reading.odd:
                self._odd[kind] += 1
            if reading.odd and len(self._quoted) < _QUOTED:
                text = line[:_QUOTED_BYTES].decode("utf-8", "backslashreplace")
                odd = Oddity(kind=reading.odd[-1], object_key=source.key, quoted=ascii(text))
                self._quoted.append(odd)
        return found

    def _joined(self, classified: Iterable[str]) -> tuple[int, int, tuple[str, ...]]:
        wanted = sorted({*classified})
        near = [self._tally.seen(), *self._neighbours]
        lost = np.flatnonzero(~np.isin(identifiers(wanted), np.concatenate(near)))
        missing = tuple(wanted[place] for place in lost[:_MISSING])
        return len(wanted), len(wanted) - len(lost), missing
