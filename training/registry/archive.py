"""Pack a model into `model.tar.gz`, and unpack it.

Packing is deterministic: the same artefact gives the same bytes, on any day and any machine, so a
registered model is identified by its archive's hash.
"""

import gzip
import io
import tarfile
from pathlib import Path

from training.evaluation.baseline import BASELINE_NAME
from training.evaluation.training_photos import TRAINING_PHOTOS_NAME
from training.serving.errors import InvalidModel, ModelMismatch
from training.serving.manifest import MANIFEST_NAME, Manifest

ARCHIVE_NAME = "model.tar.gz"
_LARGEST = 200 * 1024 * 1024  # bytes of one member, so that an archive cannot fill the disk


def pack(model_dir: Path) -> bytes:
    """Return the gzipped archive that SageMaker unpacks into /opt/ml/model.

    Raises: InvalidModel, if manifest and model file do not agree.
    """
    manifest = Manifest.load(model_dir / MANIFEST_NAME)
    files = {
        MANIFEST_NAME: (model_dir / MANIFEST_NAME).read_bytes(),
        manifest.model_file: manifest.read_model(model_dir),
    }
    for name in (BASELINE_NAME, TRAINING_PHOTOS_NAME):
        if (model_dir / name).is_file():
            files[name] = (model_dir / name).read_bytes()
    packed = io.BytesIO()
    # Neither header may hold a time or a name, which would differ from one run to the next.
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            archive.addfile(entry, io.BytesIO(files[name]))
    return packed.getvalue()


def unpack(content: bytes, folder: Path) -> Manifest:
    """Write the model in an archive into a folder and verify it.

    Only plain files at the top level are written, whatever else the archive holds.

    Raises: InvalidModel.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            files = {entry.name.removeprefix("./"): entry for entry in archive if entry.isfile()}
            wanted = {name: entry for name, entry in files.items() if _is_plain(name)}
            contents = {name: _read(archive, entry) for name, entry in wanted.items()}
    except (OSError, EOFError, tarfile.TarError) as error:
        raise ModelMismatch(f"the archive cannot be read: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    manifest = Manifest.load(folder / MANIFEST_NAME)
    manifest.read_model(folder)
    return manifest


def _is_plain(name: str) -> bool:
    return "/" not in name and "\\" not in name and not name.startswith(".")


def _read(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(entry)
    if file is None or entry.size > _LARGEST:
        raise InvalidModel(f"{entry.name} in the archive has more than {_LARGEST:,} bytes")
    return file.read()
