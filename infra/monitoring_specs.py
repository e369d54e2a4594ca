"""What looks after the pipeline, in the table of functions."""

from pathlib import Path

from infra.function_spec import POWERTOOLS, READING_PHOTOS, SHARED, FunctionSpec


def _folder(path: str) -> tuple[str, ...]:
    """The modules, templates and style sheets below a folder, and nothing else."""
    root = Path(__file__).parent.parent
    files = [file for kind in ("py", "html", "css") for file in (root / path).rglob(f"*.{kind}")]
    return tuple(sorted(str(file.relative_to(root)) for file in files))


_LEDGER = (
    "handlers/settings.py",
    "handlers/aws/attributes.py",
    "handlers/aws/ledger.py",
    "handlers/aws/objects.py",
    "handlers/aws/queues.py",
    "handlers/domain/ledger.py",
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
            *_folder("monitoring/rendering"),
            *_folder("monitoring/report"),
            *_folder("monitoring/statistics"),
        ),
        # tzdata: the runtime has no time zones of its own.
        wheels=(*POWERTOOLS, "jinja2", "msgspec", "numpy", "pillow", "pillow-heif", "tzdata"),
        max_unzipped_mb=150,
        with_baselines=True,
    ),
)
