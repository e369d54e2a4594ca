"""What goes wrong on the way to SageMaker, each with what to do about it.

CloudError
├── NoCredentials   nobody has said who we are, or what was said has expired
├── NotAllowed      who we are may not do this
├── RoleMissing     the role that SageMaker should take does not exist, or does not trust SageMaker
├── QuotaExceeded   the account may not start this machine
├── ImageMissing    the container's image is not in its registry
├── BucketMissing   the bucket does not exist, or stands in another region
├── PackageMissing  the registry has no such model package
├── InvalidRequest  what was asked for is contradictory; nothing was sent
├── JobFailed       the training job ended without a model
├── SdkMissing      this environment has no SageMaker SDK
└── Unavailable     the network, or AWS itself
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions


class CloudError(Exception):
    """Base of everything that a person meets here; the message says what to do."""


class NoCredentials(CloudError):
    """Nobody has said who we are."""


class NotAllowed(CloudError):
    """Who we are may not do this."""


class RoleMissing(CloudError):
    """There is no such role, or SageMaker may not take it."""


class QuotaExceeded(CloudError):
    """The account may not start this machine."""


class ImageMissing(CloudError):
    """The image is not in its registry."""


class BucketMissing(CloudError):
    """There is no such bucket in this region."""


class PackageMissing(CloudError):
    """The registry has no such model package."""


class InvalidRequest(CloudError):
    """What was asked for is contradictory."""


class JobFailed(CloudError):
    """The training job ended without a model."""


class SdkMissing(CloudError):
    """The SDK is not installed here."""


class Unavailable(CloudError):
    """The network, or AWS itself."""


_SIGN_IN = "sign in (`aws sso login`, or set AWS_PROFILE or the AWS_* variables) and try again"
_GRANT = "ask for that permission, or use another profile (AWS_PROFILE)"
_REGION = "the bucket stands in another region: set AWS_DEFAULT_REGION to that one"
_QUOTA = (
    "ask for more under Service Quotas, Amazon SageMaker, or take another --instance-type; spot "
    "machines (--spot) have quotas of their own"
)

# By AWS's error code; what it says comes first, what to do second.
_BY_CODE: dict[str, tuple[type[CloudError], str]] = {
    "AccessDenied": (NotAllowed, _GRANT),
    "AccessDeniedException": (NotAllowed, _GRANT),
    "403": (NotAllowed, _GRANT),
    "UnauthorizedOperation": (NotAllowed, _GRANT),
    "ExpiredToken": (NoCredentials, _SIGN_IN),
    "ExpiredTokenException": (NoCredentials, _SIGN_IN),
    "InvalidClientTokenId": (NoCredentials, _SIGN_IN),
    "UnrecognizedClientException": (NoCredentials, _SIGN_IN),
    "InvalidAccessKeyId": (NoCredentials, _SIGN_IN),
    "ResourceLimitExceeded": (QuotaExceeded, _QUOTA),
    "NoSuchEntity": (RoleMissing, "make the role, or give another with --role"),
    "NoSuchBucket": (BucketMissing, "make the bucket, or give another with --bucket"),
    "404": (BucketMissing, "look for the bucket and the key in the region of AWS_DEFAULT_REGION"),
    "301": (
        BucketMissing,
        _REGION,
    ),
    "PermanentRedirect": (
        BucketMissing,
        _REGION,
    ),
    "RepositoryNotFoundException": (ImageMissing, "push the image, or give another"),
    "ImageNotFoundException": (ImageMissing, "push the image, or give another"),
    "ThrottlingException": (Unavailable, "wait a minute and try again"),
    "ServiceUnavailable": (Unavailable, "wait a minute and try again"),
}


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """AWS's errors as ours, with what was being done. Raises: CloudError."""
    try:
        yield
    except exceptions.ClientError as error:
        raise _from_reply(error, doing) from error
    except (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.ProfileNotFound,
        exceptions.TokenRetrievalError,
        exceptions.SSOError,
    ) as error:
        raise NoCredentials(f"{doing}: {error}; {_SIGN_IN}") from error
    except exceptions.NoRegionError as error:
        raise NoCredentials(f"{doing}: no region is set; set AWS_DEFAULT_REGION") from error
    except exceptions.BotoCoreError as error:
        raise Unavailable(f"{doing}: {error}; check the network and try again") from error


def _from_reply(error: exceptions.ClientError, doing: str) -> CloudError:
    said = error.response.get("Error", {})
    code, message = said.get("Code", ""), said.get("Message", str(error))
    kind, advice = _BY_CODE.get(code, (InvalidRequest, ""))
    return kind("; ".join(part for part in (f"{doing}: {message} ({code})", advice) if part))
