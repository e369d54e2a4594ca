"""The whole loop, tiny: verdicts become a model that is compared, registered and approved."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from PIL import Image, ImageDraw

from tests.pictures import encoded
from training.config import AugmentConfig, TrainConfig
from training.data.sources.collecting import collect
from training.data.sources.verdict_places import FolderPhotos
from training.registry.model_store import ModelStore
from training.registry.promotion_gate import GateRules
from training.registry.registry import Registry
from training.registry.run_gate import compare
from training.serving.manifest import InputSpec

pytest.importorskip("torch", reason="torch is not installed; `make train` installs it")

# After the check for torch, which it imports.
from training.model.pretrained import packaged_weights
from training.train import TrainPaths, train

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/scones-serving:1"
COLOURS = {"van": (200, 30, 30), "tram": (30, 30, 200), "nothing": (90, 160, 90)}
CONFIG = TrainConfig(
    classes=("van", "tram", "nothing"),
    vehicles=("van", "tram"),
    input=InputSpec(width=32, height=32, mean=127.5, scale=127.5, layout="NCHW", name="image"),
    average_decay=0.9,
    mix_up=0,
    epochs=2,
    epoch_photos=300,
    batch=15,
    folds=2,
    threads=1,
    archive_limit=0,
    augment=AugmentConfig(colour=0.1, grey=0, dusk=0, cast=0),
)
RULES = GateRules(least_vehicles=20, right_margin=0.1, handled_margin=0.1, wrong_margin=0.1)


def a_photo(label: str, chance: random.Random) -> bytes:
    image = Image.new("RGB", (48, 40), "white")
    x, y = chance.randrange(20), chance.randrange(15)
    ImageDraw.Draw(image).rectangle((x, y, x + 20, y + 20), fill=COLOURS[label])
    noise = [(chance.randrange(48), chance.randrange(40)) for _ in range(12)]
    ImageDraw.Draw(image).point(noise, fill="black")
    return encoded(image, "PNG")


def a_verdict(photo_id: str, label: str, seq: int = 1) -> str:
    return json.dumps(
        {
            "groundTruthData": {"data": label, "encoding": "CSV"},
            "eventMetadata": {"eventId": photo_id},
            "eventVersion": "0",
            "scones": {"decision_seq": seq, "decided_by": "ana", "kind": "verdict"},
        }
    )


def a_folder(folder: Path, names: dict[str, str], count: int, seed: int) -> Path:
    """Draw `count` photos of each key, in the folder that its value names."""
    chance = random.Random(seed)  # noqa: S311 - drawings, not secrets
    for split in ("train", "test"):
        for label, folder_name in names.items():
            target = folder / "drawn" / split / folder_name
            target.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                (target / f"{label}-{number}.png").write_bytes(a_photo(label, chance))
    return folder


def trained(folder: Path, *data: Path) -> Path:
    paths = TrainPaths(
        data_dir=data[0],
        more_data=data[1:],
        weights=packaged_weights(),
        model_dir=folder / "model",
        work_dir=folder / "work",
    )
    train(CONFIG, paths, lambda _: None)
    return folder / "model"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="models")
        yield Registry(
            sagemaker=boto3.client("sagemaker"), store=ModelStore(s3=s3, bucket="models")
        )


def test_verdicts_make_a_better_model_that_is_approved(registry: Registry, tmp_path: Path) -> None:
    # Every tram is labelled as a van.
    start = a_folder(tmp_path / "start", {"van": "van", "nothing": "nothing"}, 30, seed=1)
    a_folder(start, {"tram": "van"}, 30, seed=2)
    current = trained(tmp_path / "current", start)

    # Reviewers label what the photos show; two of them disagree about one photo.
    photos = tmp_path / "photos"
    photos.mkdir()
    chance = random.Random(3)  # noqa: S311 - drawings, not secrets
    lines = []
    for number in range(240):
        label = ("van", "tram", "neither")[number % 3]
        shown = "nothing" if label == "neither" else label
        (photos / f"{number:064x}.png").write_bytes(a_photo(shown, chance))
        lines.append(a_verdict(f"{number:064x}", label))
    lines.append(a_verdict(f"{0:064x}", "tram"))
    collected = collect(
        lines,
        FolderPhotos(photos),
        tmp_path / "verdicts",
        classes=CONFIG.classes,
        negatives="nothing",
    )
    assert [contradiction.labels for contradiction in collected.contradictions] == [("tram", "van")]
    assert sum(collected.written.values()) == 239

    candidate = trained(tmp_path / "candidate", tmp_path / "verdicts")
    result = compare(current, candidate, [tmp_path / "verdicts"], RULES)
    assert result.passed, result.refusals

    package = registry.register(candidate, image_uri=IMAGE, instance_types=["ml.c5.large"])
    passed = registry.record(package, result)
    assert passed.status == "PendingManualApproval"
    assert registry.decide(passed, approve=True, by="ana", reason="").status == "Approved"

    back = compare(candidate, current, [tmp_path / "verdicts"], RULES)
    assert not back.passed, "the old model must not replace the better one"
