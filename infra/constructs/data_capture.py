"""The bucket in which SageMaker Data Capture keeps requests and responses of the endpoint."""

from aws_cdk import Aws
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.buckets import Expiry, PrivateBucket
from infra.constructs.functions import HandlerFunction

CAPTURE_PREFIX = "data-capture"
VARIANT = "AllTraffic"  # production variant of the endpoint, and a segment of the captures' keys


class DataCapture(Construct):
    """The capture bucket, under a name that the stack Serving computes as well."""

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, access_logs: s3.IBucket
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = PrivateBucket(
            self,
            "Bucket",
            config=config,
            logical_id="Capture",
            bucket_name=capture_bucket_name(config),
            access_logs=access_logs,
            # A second copy of the photos: deleted when monitoring does not need it any more.
            expiry=Expiry(after_days=config.capture_retention_days),
        )

    def connect(self, classify: HandlerFunction, *, config: StageConfig) -> None:
        """Set and grant what Classify needs to write captures, if the endpoint does not."""
        writes = config.capture_writer == "classify"
        prefix = f"{CAPTURE_PREFIX}/{config.endpoint_name}/{VARIANT}/"
        classify.set_environment(
            capture_bucket=self.bucket.bucket_name if writes else "",
            capture_prefix=prefix.rstrip("/") if writes else "",
            capture_modes=",".join(config.capture_modes) if writes else "",
        )
        if writes:
            classify.allow_objects(["s3:PutObject"], bucket=self.bucket, prefix=prefix)


def capture_bucket_name(config: StageConfig) -> str:
    """Return the bucket's name; both stacks compute it, so that neither exports to the other."""
    return config.capture_bucket_name(
        account=config.account or Aws.ACCOUNT_ID, region=config.region or Aws.REGION
    )
