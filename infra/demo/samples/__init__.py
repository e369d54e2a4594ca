"""Pictures that the project draws itself, to try it without any photos.

They are drawings, not photos: predictions for them do not measure the classifier's accuracy.
The model is not trained on them, and they are drawn from what vehicles look like, not from what
the model classifies well.
"""

from pathlib import Path

from infra.demo.samples.catalogue import Sample, drawing, named_samples, refused_samples, samples

__all__ = ["Sample", "draw_samples", "drawing", "named_samples", "refused_samples", "samples"]

SHOWN = 40


def draw_samples(folder: Path, *, count: int = SHOWN, seed: int = 1) -> None:
    """Write `count` files: the named samples first, then the series of the seed."""
    named = list(named_samples())[:count]
    for sample in (*named, *samples(seed, count - len(named))):
        (folder / sample.name).write_bytes(sample.data)
