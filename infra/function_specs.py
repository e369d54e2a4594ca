"""The functions as one small table: what goes into each package, and how large it runs.

The table is an allow-list: a file or a distribution that is not named here is not deployed.
"""

from dataclasses import dataclass
from pathlib import Path

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
    module: str | None = None  # that holds lambda_handler; handlers.<name> where it is not said
    with_baselines: bool = False  # carries the baseline beside each model's manifest

    @property
    def handler(self) -> str:
        return f"{self.module or f'handlers.{self.name}'}.lambda_handler"


def _folder(path: str) -> tuple[str, ...]:
    """The modules below a folder, and nothing else that may lie there."""
    root = Path(__file__).parent.parent
    return tuple(str(each.relative_to(root)) for each in sorted((root / path).rglob("*.py")))


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
_PICTURES = (
    "handlers/aws/photos.py",
    "handlers/domain/measurement.py",
    "handlers/domain/photo.py",
    "handlers/domain/photo_formats.py",
    "handlers/domain/photo_heif.py",
    "handlers/domain/photo_jpeg.py",
    "handlers/domain/photo_orientation.py",
    "handlers/domain/quality.py",
)
_LEDGER = (
    "handlers/settings.py",
    "handlers/aws/attributes.py",
    "handlers/aws/ledger.py",
    "handlers/aws/objects.py",
    "handlers/aws/queues.py",
    "handlers/domain/ledger.py",
    "monitoring/__init__.py",
    "monitoring/metric_names.py",
    "monitoring/review_age.py",
    "monitoring/settings.py",
)

FUNCTIONS = (
    FunctionSpec(
        name="serialize",
        memory_mb=1769,  # a whole processor: decoding is what takes time
        timeout_s=30,
        sources=(
            *_SHARED,
            "handlers/serialize.py",
            *_PICTURES,
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
            "handlers/aws/captures.py",
            "handlers/aws/endpoint.py",
            "handlers/domain/captured.py",
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
    FunctionSpec(
        name="sweeper",
        module="monitoring.sweeper",
        memory_mb=512,
        timeout_s=300,
        sources=(
            *_SHARED,
            *_LEDGER,
            "handlers/aws/executions.py",
            "handlers/aws/object_versions.py",
            "handlers/domain/policy.py",
            "handlers/domain/object_versions.py",
            "monitoring/invariants.py",
            "monitoring/mend.py",
            "monitoring/notebook.py",
            "monitoring/repairs.py",
            "monitoring/replay.py",
            "monitoring/sweep.py",
            "monitoring/sweeper.py",
            "monitoring/world.py",
        ),
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="report",
        module="monitoring.reporter",
        memory_mb=1769,
        timeout_s=900,
        sources=(
            *_SHARED,
            *_LEDGER,
            *_PICTURES,
            "handlers/aws/topics.py",
            "monitoring/baseline.py",
            "monitoring/gather.py",
            "monitoring/letter.py",
            "monitoring/photo_facts.py",
            "monitoring/queue_figures.py",
            "monitoring/report_run.py",
            "monitoring/report_sources.py",
            "monitoring/reporter.py",
            "monitoring/shelf.py",
            "monitoring/thumbnails.py",
            "monitoring/verdicts.py",
            "monitoring/windows.py",
            *_folder("monitoring/capture"),
            *_folder("monitoring/report"),
            *_folder("monitoring/statistics"),
        ),
        # tzdata: the runtime has no time zones of its own.
        wheels=(*_POWERTOOLS, "msgspec", "numpy", "pillow", "pillow-heif", "tzdata"),
        max_unzipped_mb=150,
        with_baselines=True,
    ),
)
