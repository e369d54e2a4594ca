"""A sample of the hostile files through the whole pipeline: nothing crashes, every photo ends."""

import random

import pytest

from handlers.domain.photo.wire_image import Prepared, prepare
from tests.e2e.chain.conftest import Chain
from tests.hostile.files import generated

pytestmark = pytest.mark.e2e

HOW_MANY = 40


def test_hostile_files_end_as_the_decoder_decides(chain: Chain) -> None:
    files = sorted(generated(), key=lambda file: file[0])
    chance = random.Random(3)  # noqa: S311 - a reproducible sample, not a secret
    picked = chance.sample(files, HOW_MANY)
    photos = {
        chain.upload(f"intake/h{number}/{number}", data): (name, data)
        for number, (name, data) in enumerate(picked)
    }
    ends = set()
    for photo, (name, data) in photos.items():
        row, expected = chain.outcome(photo), prepare(data)
        if isinstance(expected, Prepared):
            assert row["status"] in {"assigned", "in_review"}, name
        else:
            assert (row["status"], row["reason"]) == ("rejected", expected.reason), name
        ends.add(row["status"])
    assert {"in_review", "rejected"} <= ends
