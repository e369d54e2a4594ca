"""What looks after the pipeline, in the table of functions."""

from pathlib import Path

from infra.function_spec import POWERTOOLS, READING_PHOTOS, SHARED, FunctionSpec


def _folder(path: str) -> tuple[str, ...]:
    """The modules below a folder, and nothing else that may lie there."""
    root = Path(__file__).parent.parent
    return tuple(str(each.relative_to(root)) for each in sorted((root / path).rglob("*.py")))


_LEDGER = (
    "handlers/settings.py",
    "handlers/aws/attributes.py",
    "handlers/aws/ledger.py",
    "handlers/aws/objects.py",
    "handlers/aws/queues.py",
    "handlers/domain/ledger.py",
    "handlers/domain/ledger_schema.py",
    "handlers/domain/moments.py",
    "monitoring/__init__.py",
    "monitoring/bucket_walk.py",
    "monitoring/metric_names.py",
    "monitoring/notebook.py",
    "monitoring/review_age.py",
    "monitoring/rows.py",
    "monitoring/settings.py",
)

MONITORING_FUNCTIONS = (
    FunctionSpec(
        name="sweeper",
        module="monitoring.sweeper",
        memory_mb=512,
        timeout_s=300,
        sources=(
            *SHARED,
            *_LEDGER,
            "handlers/aws/executions.py",
            "handlers/aws/object_versions.py",
            "handlers/domain/policy.py",
            "handlers/domain/object_versions.py",
            "monitoring/photo_promises.py",
            "monitoring/mend.py",
            "monitoring/repairs.py",
            "monitoring/replay.py",
            "monitoring/sweep.py",
            "monitoring/sweeper.py",
            "handlers/domain/messages.py",
            "handlers/domain/review_change.py",
            "handlers/domain/review_row.py",
            "monitoring/reviews.py",
            "monitoring/world.py",
        ),
        wheels=POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="report",
        module="monitoring.reporter",
        memory_mb=1769,
        timeout_s=900,
        sources=(
            *SHARED,
            *_LEDGER,
            "handlers/aws/known_items.py",
            "handlers/aws/photos.py",
            "handlers/domain/labels.py",
            "handlers/domain/review_change.py",
            "handlers/domain/review_row.py",
            "handlers/domain/review_rules.py",
            *READING_PHOTOS,
            "handlers/aws/topics.py",
            "monitoring/baseline.py",
            "monitoring/captures.py",
            "monitoring/gather.py",
            "monitoring/letter.py",
            "monitoring/photo_facts.py",
            "monitoring/queue_figures.py",
            "monitoring/received.py",
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
        wheels=(*POWERTOOLS, "msgspec", "numpy", "pillow", "pillow-heif", "tzdata"),
        max_unzipped_mb=150,
        with_baselines=True,
    ),
)
