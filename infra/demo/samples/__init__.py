"""Pictures that the project draws itself, for a first look without any photos.

Drawings, not photos: what the classifier says of them says nothing about its accuracy. Nothing is
trained on them, and they are drawn after what vehicles look like, not after what a model likes.
"""

from pathlib import Path

from infra.demo.samples.catalogue import Sample, drawing, named_samples, samples

__all__ = ["Sample", "draw_samples", "drawing", "named_samples", "samples"]

SHOWN = 40


def draw_samples(folder: Path, *, count: int = SHOWN, seed: int = 1) -> None:
    """Write the named samples and a series of others, as many as asked for altogether."""
    named = list(named_samples())[:count]
    for sample in (*named, *samples(seed, count - len(named))):
        (folder / sample.name).write_bytes(sample.data)
