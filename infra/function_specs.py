"""The three functions as one small table: what goes into each package, and how large it runs.

The table is an allow-list: a file or a distribution that is not named here is not deployed.
"""

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

    @property
    def handler(self) -> str:
        return f"handlers.{self.name}.lambda_handler"


_POWERTOOLS = ("aws-lambda-powertools", "aws-xray-sdk")
_SHARED = (
    "handlers/__init__.py",
    "handlers/aws/__init__.py",
    "handlers/aws/clients.py",
    "handlers/domain/__init__.py",
    "handlers/domain/errors.py",
    "handlers/domain/identity.py",
    "handlers/domain/records.py",
)

FUNCTIONS = (
    FunctionSpec(
        name="serialize",
        memory_mb=1769,  # a whole processor: decoding is what takes time
        timeout_s=30,
        sources=(
            *_SHARED,
            "handlers/serialize.py",
            "handlers/aws/photos.py",
            "handlers/domain/measurement.py",
            "handlers/domain/photo.py",
            "handlers/domain/photo_formats.py",
            "handlers/domain/photo_heif.py",
            "handlers/domain/photo_jpeg.py",
            "handlers/domain/photo_orientation.py",
            "handlers/domain/quality.py",
        ),
        wheels=(*_POWERTOOLS, "pillow", "pillow-heif"),
        max_unzipped_mb=60,
    ),
    FunctionSpec(
        name="classify",
        memory_mb=256,
        timeout_s=75,  # SageMaker gives a model 60 s
        sources=(
            *_SHARED,
            "handlers/classify.py",
            "handlers/settings.py",
            "handlers/aws/endpoint.py",
        ),
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="filter",
        memory_mb=256,
        timeout_s=15,
        sources=(
            *_SHARED,
            "handlers/filter.py",
            "handlers/settings.py",
            "handlers/aws/attributes.py",
            "handlers/aws/parameters.py",
            "handlers/domain/decision.py",
            "handlers/domain/policy.py",
            "handlers/domain/quality.py",
        ),
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
)
