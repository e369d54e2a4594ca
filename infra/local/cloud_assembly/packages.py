"""Zips the folders among the assets reproducibly, and keeps the zips for the next start."""

from __future__ import annotations

import os
import time
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.cloud_assembly.reader import Asset

_UNUSED_DAYS = 7
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the zip format's own
_COMPRESS_LEVEL = 1  # fast: the emulator unpacks it for every worker


def uploadable(asset: Asset, cache: Path) -> Path:
    """Return the file to upload for an asset, which is zipped if the cache does not hold it.

    The name of an asset is a hash of its content, so a zip is never stale.
    """
    if not asset.is_folder:
        return asset.source
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{asset.name}.zip"
    if path.exists():
        path.touch()
    else:
        unfinished = path.with_suffix(f".{os.getpid()}")  # two stages may start at a time
        write_zip(asset.source, unfinished)
        unfinished.replace(path)
    return path


def forget_unused(cache: Path) -> None:
    """Remove zips that no start has used for seven days."""
    oldest = time.time() - _UNUSED_DAYS * 86_400
    for path in cache.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def write_zip(folder: Path, path: Path) -> None:
    """Zip a folder to `path` so that the same content gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESS_LEVEL) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
            executable = bool(file.stat().st_mode & 0o100)
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
