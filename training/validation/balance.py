"""Remarks on the balance of classes, sides and sources of a collection of photos."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from training.data.splits import SPLITS
from training.validation.findings import Checked

FEW = 50  # photos of a class to train on
LOPSIDED = 10  # times as many photos of one class as of another


def remarks(checked: Sequence[Checked]) -> Iterator[str]:
    """Yield one sentence for every imbalance that matters to training on these photos."""
    by_side = {side: Counter[str]() for side in SPLITS}
    for photo in checked:
        by_side[photo.side][photo.file.label] += 1
    labels = sorted({photo.file.label for photo in checked})
    yield from _of_classes(labels, by_side["train"], by_side["test"])
    yield from _of_sources(checked, labels)


def _of_classes(labels: Iterable[str], train: Counter[str], test: Counter[str]) -> Iterator[str]:
    most = max(train.values(), default=0)
    for label in labels:
        if train[label] < FEW:
            yield f"only {train[label]} photos of {label!r} to train on: hundreds are needed"
        elif train[label] * LOPSIDED < most:
            yield f"{label!r} has less than a tenth of the largest class's photos to train on"
        if not test[label]:
            yield f"no photo of {label!r} to test on"


def _of_sources(checked: Iterable[Checked], labels: Sequence[str]) -> Iterator[str]:
    by_source: dict[str, set[str]] = defaultdict(set)
    for photo in checked:
        by_source[photo.file.source].add(photo.file.label)
    if len(by_source) < 2 or len(labels) < 2:
        return
    for source, names in sorted(by_source.items()):
        if len(names) == 1:
            yield (
                f"all photos of source {source!r} are {min(names)!r}: a model may learn the source "
                "instead of what it shows; mix sources"
            )
