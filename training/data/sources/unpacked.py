"""An archive of photos as folders that people can look into."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from training.data.sources import cifar100
from training.data.splits import SPLITS

SOURCE = "cifar100"


def unpack(archive: Path, out: Path, *, classes: Sequence[str], negatives: int) -> dict[str, int]:
    """`<out>/cifar100/<train|test>/<class>/*.png`, whole or not at all; photos by folder.

    At most `negatives` of the other classes stand on each side, under the last class.

    Raises: UnusableData.
    """
    unfinished = out / f".{SOURCE}.partial"
    shutil.rmtree(unfinished, ignore_errors=True)
    counts: dict[str, int] = {}
    for side in SPLITS:
        for file in cifar100.photos(
            archive,
            side,
            source=SOURCE,
            classes=classes,
            negatives=classes[-1] if negatives else None,
            negatives_limit=negatives,
        ):
            folder = unfinished / side / file.label
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file.name).write_bytes(file.read())
            counts[f"{side}/{file.label}"] = counts.get(f"{side}/{file.label}", 0) + 1
    unfinished.replace(out / SOURCE)
    return counts
