"""The settings that all buckets share: private, encrypted, TLS only, with accesses logged."""

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.resource import pin_logical_id, removal_policy


class PrivateBucket(s3.Bucket):
    """A bucket that only the account's own roles can read, over TLS.

    `expires_after_days` of None keeps objects until they are deleted. The logical id is pinned: a
    changed one would be another, empty bucket.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        logical_id: str,
        bucket_name: str | None = None,
        versioned: bool = False,
        access_logs: s3.IBucket | None = None,
        expires_after_days: int | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            bucket_name=bucket_name,
            versioned=versioned,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{logical_id.lower()}/" if access_logs else None,
            removal_policy=removal_policy(config),
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="AbortUnfinishedUploads",
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                )
            ],
        )
        if expires_after_days is not None:
            self.add_lifecycle_rule(id="Expire", expiration=Duration.days(expires_after_days))
        self.logical_id = logical_id
        pin_logical_id(self, logical_id)


class AccessLogsBucket(PrivateBucket):
    """The bucket to which S3 writes the access logs of the other buckets."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            config=config,
            logical_id="AccessLogs",
            expires_after_days=config.access_log_retention_days,
        )
