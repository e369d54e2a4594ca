"""Writes labels to the labels bucket."""

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import PublishFailed
from handlers.domain.ledger.labels import Label

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class LabelStore:
    """Writes labels; a label that is written again has the same key and bytes."""

    def __init__(self, s3: "S3Client", *, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, label: Label) -> None:
        """Write one label.

        Raises: PublishFailed.
        """
        line = json.dumps(label.line, ensure_ascii=False, separators=(",", ":")) + "\n"
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=label.key,
                Body=line.encode(),
                ContentType="application/jsonlines",
            )
        except (BotoCoreError, ClientError) as error:
            raise PublishFailed(f"the label {label.key} cannot be written: {error}") from error
