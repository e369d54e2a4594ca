"""Three reviewers with bad habits race for photos: none is decided twice, and none is lost."""

from collections.abc import Iterator

import pytest

from infra.local.stage.stage import LocalStage, running_stage
from infra.synthesis.synth import ROOT, synthesize
from tests.e2e.reviews.filling import fill, open_reviews, review_everything
from tests.e2e.reviews.race import run_race
from tests.e2e.reviews.reviewer import Reviewer

pytestmark = pytest.mark.e2e

PHOTOS, REVIEWERS = 120, 3


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStage]:
    """A stage with the functions' roles enforced, and photos in review."""
    assembly = synthesize("local", ROOT / ".scones" / "cdk.out.local")
    runs = tmp_path_factory.mktemp("runs")
    with running_stage(runs, assembly=assembly, enforce_iam=True, workers=3) as running:
        review_everything(running)
        fill(running, tmp_path_factory.mktemp("samples"), photos=PHOTOS)
        yield running


def test_a_race_decides_every_photo_once_and_loses_none(stage: LocalStage) -> None:
    picture = _reviewers_picture(stage)
    assert picture.startswith(b"\xff\xd8")
    race = run_race(stage, reviewers=REVIEWERS, seed=1)
    assert (race.doubles, race.lost, race.violations) == (0, 0, ()), race.table()
    assert race.counts["undone"], "the race had no undo: it proves too little"
    assert race.counts["same_answer"], "the race had no double submit: it proves too little"
    assert not open_reviews(stage)


def _reviewers_picture(stage: LocalStage) -> bytes:
    """Return the picture of an original photo: the copies have no picture."""
    reviewer = Reviewer(stage, "viewer")
    held = []
    while review := reviewer.next():
        held.append(review)
        response = reviewer.get(review["image_url"])
        if response.status == 200:
            break
        assert response.body["code"] == "no_image"
    for review in held:
        path = f"/reviews/{review['photo_id']}/release"
        assert reviewer.post(path, {"lease_id": review["lease_id"]}).status == 200
    data: bytes = response.body
    return data
