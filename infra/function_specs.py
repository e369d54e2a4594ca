"""The Lambda functions as one table: entry module, package, memory and timeout.

A package contains the import closure of the entry module, and the data files and wheels that are
named here. Tests compare the wheels with the imports of the closure.
"""

from dataclasses import dataclass

# The Lambda runtime brings boto3 and its requirements.
FROM_RUNTIME = frozenset({"boto3", "botocore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSpec:
    """One function: its entry module, the content of its package, and its limits."""

    name: str
    module: str  # the entry module, which defines `lambda_handler`
    memory_mb: int
    timeout_s: int
    max_unzipped_mb: float  # checked by a test; cold starts grow with the package
    wheels: tuple[str, ...] = ()  # names in the lock; their requirements are added
    data_files: tuple[str, ...] = ()  # paths in the repository, or glob patterns
    with_baselines: bool = False  # whether to add the baseline beside each model's manifest

    @property
    def handler(self) -> str:
        """Lambda's setting `Handler`."""
        return f"{self.module}.lambda_handler"


_POWERTOOLS = ("aws-lambda-powertools", "aws-xray-sdk")
_IMAGES = ("pillow", "pillow-heif")

FUNCTIONS = (
    FunctionSpec(
        name="serialize",
        module="handlers.workflow.serialize",
        memory_mb=1769,  # one full vCPU: decoding dominates
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
        timeout_s=60,  # for a batch of records with a label and an event each
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="page",
        module="handlers.review_page.handler",
        memory_mb=128,
        timeout_s=5,
        wheels=(),  # only the standard library, for a fast cold start
        data_files=tuple(
            f"handlers/review_page/static/*.{suffix}" for suffix in ("css", "html", "js", "svg")
        ),
        max_unzipped_mb=0.2,
    ),
    FunctionSpec(
        name="drivers",
        module="handlers.drivers_api.handler",
        memory_mb=512,  # CPU grows with memory: apps wait for the response of a cold start
        timeout_s=15,
        wheels=(*_POWERTOOLS, "msgspec"),
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="reviews",
        module="handlers.reviews_api.handler",
        memory_mb=1769,  # one full vCPU: photos are decoded for the review page
        timeout_s=25,  # below the gateway's timeout of 29 s
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
        name="drain",
        module="monitoring.drain.handler",
        memory_mb=512,
        timeout_s=90,  # a round lasts 57 s at most, and one step more if a service is slow
        wheels=_POWERTOOLS,
        max_unzipped_mb=8,
    ),
    FunctionSpec(
        name="report",
        module="monitoring.report.handler",
        memory_mb=1769,
        timeout_s=900,
        # tzdata: the runtime has no time zone database.
        wheels=(*_POWERTOOLS, *_IMAGES, "jinja2", "markupsafe", "msgspec", "numpy", "tzdata"),
        data_files=tuple(
            f"monitoring/{folder}/**/*.{kind}"
            for folder in ("rendering", "report/html")
            for kind in ("css", "html")
        ),
        max_unzipped_mb=150,
        with_baselines=True,
    ),
)
