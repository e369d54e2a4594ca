"""Sums records up to figures without duplicates; memory grows by 8 bytes a record.

Probabilities become counts over 10,001 values: a baseline's values have four decimals, too.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from monitoring.capture.block_parser import Answer, Rows
from monitoring.capture.identifiers import Identifiers
from monitoring.capture.summary import STEPS, ModelScores

_ROWS_BUFFERED = 65_536
_MODELS_KEPT = 10
"""More kinds of answers than any endpoint gives; records of further kinds are only counted."""


@dataclass
class _ModelCounts:
    classes: tuple[str, ...]
    vehicles: list[int]
    counts: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.int64]

    def add(self, probabilities: npt.NDArray[np.float64]) -> None:
        steps = np.rint(probabilities * (STEPS - 1)).astype(np.int64)
        self.counts += [np.bincount(row, minlength=STEPS) for row in steps]
        if self.vehicles:
            best = steps[self.vehicles].max(axis=0)
            self.confidence += np.bincount(best, minlength=STEPS)
        best = probabilities.argmax(axis=0)
        self.predicted += np.bincount(best, minlength=len(self.classes))


@dataclass
class CaptureAccumulator:
    """Counts records of the span; without order, except that the first of duplicates counts."""

    vehicles: tuple[str, ...]
    records: int = 0
    duplicates: int = 0
    of_further_models: int = 0  # records of kinds beyond those that are kept
    hours: Counter[int] = field(default_factory=Counter)  # hours since 1970 → records
    _seen: Identifiers = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    _buffer: list[Rows] = field(default_factory=list)
    _rows_buffered: int = 0
    _tables: dict[Answer, _ModelCounts] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """Add records; they are counted in large batches."""
        self._buffer.append(rows)
        self._rows_buffered += len(rows.ids)
        if self._rows_buffered >= _ROWS_BUFFERED:
            self._count_buffer()

    def seen(self) -> Identifiers:
        """Return the ids of all records, sorted."""
        self._count_buffer()
        return self._seen

    def scores(self) -> dict[str, ModelScores]:
        """Return scores by model version; other classes, or another order, are another model."""
        self._count_buffer()
        scores: dict[str, ModelScores] = {}
        for (version, classes), table in sorted(self._tables.items()):
            name = version if version not in scores else f"{version} ({', '.join(classes)})"
            scores[name] = ModelScores(
                classes=classes,
                counts=table.counts,
                confidence=table.confidence,
                predicted=dict(zip(classes, map(int, table.predicted), strict=True)),
            )
        return scores

    def _count_buffer(self) -> None:
        if not self._buffer:
            return
        batches = [_joined(alike) for alike in self._by_answer()]
        ids = np.concatenate([rows.ids for rows in batches])
        order = np.argsort(ids, kind="stable")  # of equal ids, the first one is counted
        rising = ids[order]
        new = np.append(True, rising[1:] != rising[:-1])
        if len(self._seen):
            places = np.searchsorted(self._seen, rising).clip(max=len(self._seen) - 1)
            new &= self._seen[places] != rising
        fresh = np.empty(len(ids), dtype=bool)
        fresh[order] = new
        start = 0
        for rows in batches:
            self._count(rows, fresh[start : start + len(rows.ids)])
            start += len(rows.ids)
        self.records += int(fresh.sum())
        self.duplicates += int((~fresh).sum())
        self._seen = np.sort(np.concatenate([self._seen, rising[new]]), kind="stable")
        self._buffer, self._rows_buffered = [], 0

    def _by_answer(self) -> list[list[Rows]]:
        alike: dict[Answer | None, list[Rows]] = {}
        for rows in self._buffer:
            alike.setdefault(rows.answer, []).append(rows)
        return list(alike.values())

    def _count(self, rows: Rows, fresh: npt.NDArray[np.bool_]) -> None:
        if not fresh.any():
            return
        hours = (rows.seconds[fresh] // 3600).astype(np.int64)
        first = int(hours.min())
        counts = np.bincount(hours - first)
        for hour in np.flatnonzero(counts):
            self.hours[first + int(hour)] += int(counts[hour])
        if rows.answer is None:
            return
        table = self._table(rows.answer)
        if table is None:
            self.of_further_models += int(fresh.sum())
        else:
            table.add(rows.probabilities[:, fresh])

    def _table(self, answer: Answer) -> _ModelCounts | None:
        if answer not in self._tables and len(self._tables) < _MODELS_KEPT:
            classes = answer[1]
            self._tables[answer] = _ModelCounts(
                classes=classes,
                vehicles=[i for i, name in enumerate(classes) if name in self.vehicles],
                counts=np.zeros((len(classes), STEPS), dtype=np.int64),
                confidence=np.zeros(STEPS, dtype=np.int64),
                predicted=np.zeros(len(classes), dtype=np.int64),
            )
        return self._tables.get(answer)


def _joined(alike: list[Rows]) -> Rows:
    return Rows(
        ids=np.concatenate([rows.ids for rows in alike]),
        seconds=np.concatenate([rows.seconds for rows in alike]),
        answer=alike[0].answer,
        probabilities=np.concatenate([rows.probabilities for rows in alike], axis=1),
    )
