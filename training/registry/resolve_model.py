"""Where a model may be named on the command line: a folder, a package, the one in service."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.registry.archive import unpack
from training.registry.model_package import ModelPackage
from training.registry.model_store import ModelStore
from training.registry.registry import Registry
from training.sagemaker.errors import InvalidRequest, PackageMissing

APPROVED = "approved"  # the newest package that a person let through


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A model's files, and its entry in the registry where it has one."""

    folder: Path
    package: ModelPackage | None = None


def find_model(place: str, registry: Callable[[], Registry], scratch: Path) -> ResolvedModel:
    """A folder, `s3://…/model.tar.gz`, a package's ARN, or `approved`.

    The registry is opened only where it is needed: two folders can be compared without AWS.

    Raises: CloudError, InvalidModel.
    """
    if place == APPROVED:
        newest = next(registry().packages("Approved"), None)
        if newest is None:
            raise PackageMissing(
                f"no model of {registry().group} is approved yet; name a folder, like "
                "training/shipped"
            )
        return _downloaded(newest, registry(), scratch)
    if place.startswith("arn:"):
        return _downloaded(registry().package(place), registry(), scratch)
    if place.startswith("s3://"):
        return ResolvedModel(folder=_unpacked(registry().store, place, scratch))
    if not Path(place).is_dir():
        raise InvalidRequest(
            f"{place} is no folder, no s3://…/model.tar.gz, no ARN of a package and not "
            f"{APPROVED!r}"
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
