"""What a function of the table is, and what all packages share."""

from dataclasses import dataclass

# boto3 and what it needs come with the Lambda runtime.
FROM_RUNTIME = frozenset({"boto3", "botocore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """One function. Sources are paths in the repository; wheels are names in the lock."""

    name: str
    memory_mb: int
    timeout_s: int
    sources: tuple[str, ...]
    wheels: tuple[str, ...]
    max_unzipped_mb: float  # the ceiling that tests hold; cold starts grow with the package
    module: str | None = None  # where the entry is, if not in `handlers.<name>`
    with_baselines: bool = False  # carries the baseline beside each model's manifest

    @property
    def handler(self) -> str:
        return f"{self.module or f'handlers.{self.name}'}.lambda_handler"


POWERTOOLS = ("aws-lambda-powertools", "aws-xray-sdk")
SHARED = (
    "handlers/__init__.py",
    "handlers/aws/__init__.py",
    "handlers/aws/clients.py",
    "handlers/domain/__init__.py",
    "handlers/domain/errors.py",
    "handlers/domain/identity.py",
    "handlers/domain/records.py",
)

# Reads any photo; training and evaluation read them by the same code.
READING_PHOTOS = (
    "handlers/domain/measurement.py",
    "handlers/domain/photo.py",
    "handlers/domain/photo_formats.py",
    "handlers/domain/photo_heif.py",
    "handlers/domain/photo_jpeg.py",
    "handlers/domain/photo_orientation.py",
    "handlers/domain/quality.py",
)
