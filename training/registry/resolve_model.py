"""A model as it is named on the command line: a folder, an archive, a package, or `approved`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.registry.archive import unpack
from training.registry.model_package import ModelPackage
from training.registry.model_store import ModelStore
from training.registry.registry import Registry
from training.sagemaker.errors import InvalidRequest, PackageMissing

APPROVED = "approved"  # the newest package that a person approved


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A model's files, and its entry in the registry if it has one."""

    folder: Path
    package: ModelPackage | None = None


def find_model(place: str, registry: Callable[[], Registry], scratch: Path) -> ResolvedModel:
    """Return the files of a model named by folder, `s3://…/model.tar.gz`, ARN, or `approved`.

    Downloads go into the folder `scratch`. The registry is opened only if it is needed, so that two
    folders can be compared without AWS.

    Raises: CloudError, InvalidModel.
    """
    if place == APPROVED:
        newest = next(registry().packages("Approved"), None)
        if newest is None:
            raise PackageMissing(
                f"no model of {registry().group} is approved; name a folder, like training/shipped"
            )
        return _downloaded(newest, registry(), scratch)
    if place.startswith("arn:"):
        return _downloaded(registry().package(place), registry(), scratch)
    if place.startswith("s3://"):
        return ResolvedModel(folder=_unpacked(registry().store, place, scratch))
    if not Path(place).is_dir():
        raise InvalidRequest(
            f"{place} is not a folder, an s3://…/model.tar.gz, the ARN of a package or {APPROVED!r}"
        )
    return ResolvedModel(folder=Path(place))


def _downloaded(package: ModelPackage, registry: Registry, scratch: Path) -> ResolvedModel:
    folder = scratch / package.arn.rpartition("/")[2]
    registry.download(package, folder)
    return ResolvedModel(folder=folder, package=package)


def _unpacked(store: ModelStore, address: str, scratch: Path) -> Path:
    folder = scratch / "unpacked"
    unpack(store.get(address), folder)
    return folder
