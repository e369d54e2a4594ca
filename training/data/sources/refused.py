"""Contents that training refuses, because the drivers of the photos were erased.

`python -m training verdicts --labels-bucket NAME` copies the stage's list into the data folder, as
`refused.txt` with one name a line, see `handlers.domain.ledger.refused_photos`. Every later reading
of the folder leaves the contents out, also copies that were collected before.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.ledger.refused_photos import REFUSED_PREFIX
from training.data.sources.files import UnusableData

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REFUSED = "refused.txt"


def read_refused(place: Path) -> set[str]:
    """Return the names in a data folder's list; none without a list."""
    path = place / REFUSED
    return set(path.read_text(encoding="ascii").split()) if path.is_file() else set()


def copy_refused(client: "S3Client", bucket: str, out: Path) -> int:
    """Add the stage's list to that of a data folder; return the number of names in it.

    Raises: UnusableData.
    """
    names = read_refused(out)
    try:
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=REFUSED_PREFIX
        )
        for page in pages:
            keys = (entry["Key"] for entry in page.get("Contents", []))
            names |= {key.removeprefix(REFUSED_PREFIX) for key in keys}
    except (ClientError, BotoCoreError) as error:
        raise UnusableData(f"cannot read s3://{bucket}/{REFUSED_PREFIX}: {error}") from error
    out.mkdir(parents=True, exist_ok=True)
    (out / REFUSED).write_text("".join(f"{name}\n" for name in sorted(names)), encoding="ascii")
    return len(names)
