"""The functions as one small table: what goes into each package, and how large it runs.

The table is an allow-list: a file or a distribution that is not named here is not deployed.
"""

from infra.door_specs import DOOR_FUNCTIONS
from infra.function_spec import FROM_RUNTIME, POWERTOOLS, READING_PHOTOS, SHARED, FunctionSpec
from infra.monitoring_specs import MONITORING_FUNCTIONS

__all__ = ["FROM_RUNTIME", "FUNCTIONS", "FunctionSpec"]

FUNCTIONS = (
    FunctionSpec(
        name="serialize",
        memory_mb=1769,  # a whole processor: decoding is what takes time
        timeout_s=30,
        sources=(
            *SHARED,
            "handlers/serialize.py",
            "handlers/aws/photos.py",
            *READING_PHOTOS,
        ),
        wheels=(*POWERTOOLS, "pillow", "pillow-heif"),
        max_unzipped_mb=60,
    ),
    FunctionSpec(
        name="classify",
        memory_mb=256,
        timeout_s=75,  # SageMaker gives a model 60 s
        sources=(
            *SHARED,
            "handlers/classify.py",
            "handlers/settings.py",
            "handlers/aws/captures.py",
            "handlers/aws/endpoint.py",
            "handlers/domain/captured.py",
        ),
        wheels=POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="filter",
        memory_mb=256,
        timeout_s=15,
        sources=(
            *SHARED,
            "handlers/filter.py",
            "handlers/settings.py",
            "handlers/aws/attributes.py",
            "handlers/aws/parameters.py",
            "handlers/domain/decision.py",
            "handlers/domain/policy.py",
            "handlers/domain/quality.py",
        ),
        wheels=POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="changes",
        memory_mb=256,
        timeout_s=60,  # a hundred records, each with a label and an event at worst
        sources=(
            *SHARED,
            "handlers/changes.py",
            "handlers/settings.py",
            "handlers/aws/attributes.py",
            "handlers/aws/event_bus.py",
            "handlers/aws/labels.py",
            "handlers/domain/labels.py",
            "handlers/domain/ledger_schema.py",
            "handlers/domain/moments.py",
            "handlers/domain/photo_events.py",
            "handlers/domain/review_change.py",
            "handlers/domain/review_row.py",
        ),
        wheels=POWERTOOLS,
        max_unzipped_mb=8,
    ),
    *DOOR_FUNCTIONS,
    *MONITORING_FUNCTIONS,
)
