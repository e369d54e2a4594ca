"""The settings that all buckets share: private, encrypted, TLS only, with accesses logged."""

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.resource import pin_logical_id, removal_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """When S3 deletes the objects of a bucket, or of a prefix."""

    after_days: int  # after the upload
    # Of a versioned bucket: after the version was replaced, or has expired.
    replaced_after_days: int | None = None
    prefix: str | None = None


class PrivateBucket(s3.Bucket):
    """A bucket that only the account's own roles can read, over TLS.

    `expiry` of None keeps objects until they are deleted. The logical id is pinned: a changed one
    would be another, empty bucket.
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
        expiry: Expiry | None = None,
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
        if expiry is not None:
            self._expire(expiry)
        self.logical_id = logical_id
        pin_logical_id(self, logical_id)

    def _expire(self, expiry: Expiry) -> None:
        replaced = expiry.replaced_after_days
        self.add_lifecycle_rule(
            id="Expire",
            prefix=expiry.prefix,
            expiration=Duration.days(expiry.after_days),
            noncurrent_version_expiration=None if replaced is None else Duration.days(replaced),
        )
        if replaced is not None:
            # The marker that an expiry leaves has the object's key; a rule of its own removes it.
            self.add_lifecycle_rule(
                id="RemoveMarkers", prefix=expiry.prefix, expired_object_delete_marker=True
            )


class AccessLogsBucket(PrivateBucket):
    """The bucket to which S3 writes the access logs of the other buckets."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            config=config,
            logical_id="AccessLogs",
            expiry=Expiry(after_days=config.access_log_retention_days),
        )
