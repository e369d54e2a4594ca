"""The functions as one small table: where each begins, what its package holds, how large it runs.

A package holds the import closure of the entry module, the data files and the wheels that are named
here, and nothing else. Tests compare the wheels with what the closure imports.
"""

from dataclasses import dataclass

# boto3 and what it needs come with the Lambda runtime.
FROM_RUNTIME = frozenset({"boto3", "botocore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """One function."""

    name: str
    module: str  # the entry module, which defines `lambda_handler`
    memory_mb: int
    timeout_s: int
    max_unzipped_mb: float  # the ceiling that tests hold; cold starts grow with the package
    wheels: tuple[str, ...] = ()  # names in the lock; what these need is added
    data_files: tuple[str, ...] = ()  # paths in the repository, or glob patterns of them
    with_baselines: bool = False  # carries the baseline beside each model's manifest

    @property
    def handler(self) -> str:
        return f"{self.module}.lambda_handler"


_POWERTOOLS = ("aws-lambda-powertools", "aws-xray-sdk")
_IMAGES = ("pillow", "pillow-heif")

FUNCTIONS = (
    FunctionSpec(
        name="serialize",
        module="handlers.workflow.serialize",
        memory_mb=1769,  # a whole processor: decoding is what takes time
        timeout_s=30,
        wheels=(*_POWERTOOLS, *_IMAGES),
        max_unzipped_mb=60,
    ),
    FunctionSpec(
        name="classify",
        module="handlers.workflow.classify",
        memory_mb=256,
        timeout_s=75,  # SageMaker gives a model 60 s
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="filter",
        module="handlers.workflow.filter",
        memory_mb=256,
        timeout_s=15,
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="changes",
        module="handlers.stream.publish_changes",
        memory_mb=256,
        timeout_s=60,  # a hundred records, each with a label and an event at worst
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="page",
        module="handlers.review_page.handler",
        memory_mb=128,
        timeout_s=5,
        wheels=(),  # only the standard library: the page is there at once
        data_files=tuple(
            f"handlers/review_page/static/*.{suffix}" for suffix in ("css", "html", "js", "svg")
        ),
        max_unzipped_mb=0.2,
    ),
    FunctionSpec(
        name="drivers",
        module="handlers.drivers_api.handler",
        memory_mb=512,  # processor comes with it: apps wait for the first answer of a cold start
        timeout_s=15,
        wheels=(*_POWERTOOLS, "msgspec"),
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="reviews",
        module="handlers.reviews_api.handler",
        memory_mb=1769,  # a whole processor: photos are decoded for the page
        timeout_s=25,  # the gateway hangs up after 29
        wheels=(*_POWERTOOLS, *_IMAGES, "msgspec"),
        max_unzipped_mb=60,
    ),
    FunctionSpec(
        name="sweeper",
        module="monitoring.reconciliation.sweeper_handler",
        memory_mb=512,
        timeout_s=300,
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="report",
        module="monitoring.report.handler",
        memory_mb=1769,
        timeout_s=900,
        # tzdata: the runtime has no time zones of its own.
        wheels=(*_POWERTOOLS, *_IMAGES, "jinja2", "msgspec", "numpy", "tzdata"),
        data_files=tuple(
            f"monitoring/{folder}/**/*.{kind}"
            for folder in ("rendering", "report/html")
            for kind in ("css", "html")
        ),
        max_unzipped_mb=150,
        with_baselines=True,
    ),
)
