"""Loading of labelled photos, and the digest that identifies a set of them."""

import shutil
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handlers.domain.ledger.refused_photos import refusal_of
from handlers.domain.photo import wire_image
from handlers.import_closure import import_closure
from tests.conftest import ROOT
from tests.pictures import a_jpeg, a_picture, encoded
from tests.training.cifar_archive import an_archive
from training.data import prepared
from training.data.photo_set import PhotoSet, Split, UnusableData, load_photos
from training.data.sources.refused import REFUSED
from training.data.splits import digest_of
from training.serving import preprocess
from training.serving.manifest import InputSpec

CLASSES = ("bicycle", "motorcycle", "other")
SPEC = InputSpec(width=32, height=32, mean=127.5, scale=127.5, layout="NCHW", name="image")


def load(folder: Path, split: Split = "train", archive_limit: int = 0) -> PhotoSet:
    return load_photos(folder, split, classes=CLASSES, spec=SPEC, archive_limit=archive_limit)


def put(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def plain(shade: int) -> bytes:
    return encoded(Image.new("RGB", (40, 40), (shade, shade, shade)), "PNG")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    put(data, "yard/train/bicycle/a.png", plain(10))
    put(data, "yard/train/motorcycle/b.png", plain(20))
    put(data, "street/train/other/c.png", plain(30))
    put(data, "yard/test/bicycle/d.png", plain(40))
    return data


def test_folders_give_source_and_class(folder: Path) -> None:
    photos = load(folder)
    assert photos.sources.tolist() == ["street", "yard", "yard"]
    assert [CLASSES[label] for label in photos.labels] == ["other", "bicycle", "motorcycle"]


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_refused_content_is_left_out_wherever_its_copies_are(folder: Path, split: Split) -> None:
    put(folder, "street/train/other/copy.png", plain(10))
    put(folder, "yard/test/bicycle/e.png", plain(50))
    refused = [refusal_of(digest_of(plain(shade))) for shade in (10, 50)]
    put(folder, REFUSED, "\n".join(refused).encode())
    contents = {digest_of(plain(shade)) for shade in ((20, 30) if split == "train" else (40,))}
    assert set(load(folder, split).hashes) == contents


def test_test_photos_are_not_among_the_training_photos(folder: Path) -> None:
    train, test = load(folder), load(folder, "test")
    assert not set(train.hashes) & set(test.hashes)
    assert len(test) == 1


def test_folders_of_other_classes_are_left_alone(folder: Path) -> None:
    put(folder, "yard/train/helicopter/e.png", plain(50))
    assert len(load(folder)) == 3


def test_file_that_is_not_a_photo_is_left_out(folder: Path) -> None:
    put(folder, "yard/train/bicycle/notes.txt", b"not a photo")
    assert len(load(folder)) == 3


def test_photo_has_the_pixels_that_the_server_uses(tmp_path: Path) -> None:
    original = a_jpeg((640, 480))
    put(tmp_path, "yard/train/bicycle/a.jpg", original)
    prepared = wire_image.prepare(original)
    assert isinstance(prepared, wire_image.Prepared)
    served = preprocess.preprocess(prepared.wire_image, SPEC)
    assert np.array_equal(preprocess.normalise(load(tmp_path).pixels, SPEC), served)


def test_digest_is_about_content_and_labels_not_names(folder: Path, tmp_path: Path) -> None:
    renamed = tmp_path / "renamed"
    shutil.copytree(folder, renamed)
    (renamed / "yard/train/bicycle/a.png").rename(renamed / "yard/train/bicycle/z.png")
    assert load(renamed).digest(CLASSES) == load(folder).digest(CLASSES)


def test_digest_changes_with_a_label(folder: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    (changed / "yard/train/bicycle/a.png").rename(changed / "yard/train/motorcycle/a.png")
    assert load(changed).digest(CLASSES) != load(folder).digest(CLASSES)


def test_copies_of_a_photo_are_in_the_same_fold(folder: Path) -> None:
    for number in range(8):
        put(folder, f"copies/train/bicycle/{number}.png", plain(77))
    photos = load(folder)
    folds = photos.folds(5)
    assert len(set(folds[photos.sources == "copies"].tolist())) == 1
    assert set(folds.tolist()) <= set(range(5))


def test_archive_gives_a_sample_of_negatives(folder: Path) -> None:
    (folder / "small").mkdir()
    with zipfile.ZipFile(folder / "small/train.zip", "w") as archive:
        for number in range(10):
            archive.writestr(f"frog/{number}.png", plain(100 + number))
    photos = load(folder, archive_limit=4)
    sampled = photos.take(photos.sources == "small")
    assert [CLASSES[label] for label in sampled.labels] == ["other"] * 4


def test_archive_of_our_own_classes_is_labelled_by_its_folders(folder: Path) -> None:
    (folder / "packed").mkdir()
    with zipfile.ZipFile(folder / "packed/train.zip", "w") as archive:
        archive.writestr("motorcycle/1.png", plain(100))
        archive.writestr("frog/2.png", plain(101))
    photos = load(folder, archive_limit=4)
    packed = photos.take(photos.sources == "packed")
    assert sorted(CLASSES[label] for label in packed.labels) == ["motorcycle", "other"]


def unsplit(folder: Path, count: int = 60) -> Path:
    for number in range(count):
        put(folder, f"{CLASSES[number % 3]}/{number}.png", plain(100 + number))
    return folder


def test_folder_without_sides_is_split_by_content(tmp_path: Path) -> None:
    folder = unsplit(tmp_path / "mine")
    train, test = load(folder), load(folder, "test")
    assert not set(train.hashes) & set(test.hashes)
    assert len(train) + len(test) == 60
    assert 4 <= len(test) <= 24
    assert set(train.sources) == {"mine"}


def test_photo_never_changes_side(tmp_path: Path) -> None:
    folder = unsplit(tmp_path / "mine", 30)
    before = set(load(folder, "test").hashes)
    unsplit(folder, 60)
    (folder / "bicycle/0.png").rename(folder / "bicycle/renamed.png")
    after = set(load(folder, "test").hashes)
    assert before <= after
    assert before & set(load(folder).hashes) == set()


def test_every_fold_has_photos_of_both_sides(tmp_path: Path) -> None:
    folder = unsplit(tmp_path / "mine", 150)
    assert set(load(folder).folds(5)) == set(load(folder, "test").folds(5)) == set(range(5))


def test_sources_with_and_without_sides_are_read_together(folder: Path) -> None:
    unsplit(folder / "theirs")
    photos = load(folder)
    assert set(photos.sources) == {"street", "theirs", "yard"}


def test_hidden_files_are_left_alone(folder: Path) -> None:
    put(folder, "yard/train/bicycle/.cache/e.png", plain(50))
    put(folder, "yard/train/.bicycle/e.png", plain(51))
    assert len(load(folder)) == 3


def test_cifar_archive_is_read_without_unpacking(folder: Path) -> None:
    put(folder, "cifar100/cifar-100-python.tar.gz", an_archive(train=6, test=2))
    photos = load(folder, archive_limit=5)
    pictures = photos.take(photos.sources == "cifar100")
    counts = np.bincount(pictures.labels, minlength=3)
    assert counts.tolist() == [6, 6, 5]
    assert len(load(folder, "test")) == 5


def test_archive_alone_is_a_source(tmp_path: Path) -> None:
    put(tmp_path, "cifar-100-python.tar.gz", an_archive(train=6))
    assert len(load(tmp_path / "cifar-100-python.tar.gz")) == 12


def test_several_folders_are_read_as_one(folder: Path, tmp_path: Path) -> None:
    unsplit(tmp_path / "more")
    places = [folder, tmp_path / "more"]
    photos = load_photos(places, "train", classes=CLASSES, spec=SPEC)
    assert set(photos.sources) == {"more", "street", "yard"}


def test_second_run_takes_the_pixels_from_the_cache(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    runs = [load_photos(folder, "train", classes=CLASSES, spec=SPEC, cache_dir=cache) for _ in "12"]
    assert np.array_equal(runs[0].pixels, runs[1].pixels)
    assert len(list(cache.iterdir())) == 1


def test_cache_is_not_used_for_another_input_size(folder: Path, tmp_path: Path) -> None:
    wider = InputSpec(width=48, height=32, mean=127.5, scale=127.5, layout="NCHW", name="image")
    for spec in (SPEC, wider):
        photos = load_photos(folder, "train", classes=CLASSES, spec=spec, cache_dir=tmp_path / "c")
        assert photos.pixels.shape[1:3] == (spec.height, spec.width)


@pytest.mark.parametrize(
    ("name", "caches"),
    [
        ("handlers/domain/photo/heif.py", 2),
        ("handlers/domain/photo/quality.py", 2),
        ("training/data/prepared.py", 2),
        ("training/serving/preprocess.py", 2),
        ("handlers/domain/ledger/events.py", 1),
        ("training/model/fit.py", 1),
    ],
)
def test_cache_is_not_used_after_a_change_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, caches: int
) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.onnx")
    for top in ("handlers", "training"):
        shutil.copytree(ROOT / top, tmp_path / top, ignore=ignored)
    monkeypatch.setattr(prepared, "import_closure", partial(import_closure, root=tmp_path))
    cache = tmp_path / "cache"
    prepared.prepare_all([], [], spec=SPEC, cache_dir=cache)
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    prepared.prepare_all([], [], spec=SPEC, cache_dir=cache)
    assert len(list(cache.iterdir())) == caches


def test_folder_without_photos_names_the_expected_layouts(tmp_path: Path) -> None:
    put(tmp_path, "picture.png", encoded(a_picture((40, 40)), "PNG"))
    with pytest.raises(UnusableData, match="bicycle, motorcycle, other"):
        load(tmp_path)
