"""Errors of AWS and SageMaker as one tree; each message includes what to do.

CloudError
├── NoCredentials   credentials are absent or have expired
├── NotAllowed      the caller's permissions do not allow this
├── RoleMissing     the role for SageMaker does not exist, or does not trust SageMaker
├── QuotaExceeded   the account may not start this machine
├── ImageMissing    the container's image is not in its registry
├── BucketMissing   the bucket does not exist, or is in another region
├── PackageMissing  the registry does not have this model package
├── InvalidRequest  the request contradicts itself; nothing was sent
├── JobFailed       the training job ended without a model
├── SdkMissing      this environment has no SageMaker SDK
└── Unavailable     the network, or AWS itself
"""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions


class CloudError(Exception):
    """Base of the errors of this package; the message includes what to do."""


class NoCredentials(CloudError):
    """AWS credentials are absent or have expired."""


class NotAllowed(CloudError):
    """The caller's permissions do not allow this."""


class RoleMissing(CloudError):
    """The role does not exist, or SageMaker may not assume it."""


class QuotaExceeded(CloudError):
    """The account may not start this machine."""


class ImageMissing(CloudError):
    """The image is not in its registry."""


class BucketMissing(CloudError):
    """The bucket does not exist in this region."""


class PackageMissing(CloudError):
    """The registry does not have this model package."""


class InvalidRequest(CloudError):
    """The request contradicts itself, or AWS refuses it as invalid."""


class JobFailed(CloudError):
    """The training job ended without a model."""


class SdkMissing(CloudError):
    """The SageMaker SDK is not installed in this environment."""


class Unavailable(CloudError):
    """The network or AWS itself fails."""


_SIGN_IN = "sign in (`aws sso login`, or set AWS_PROFILE or the AWS_* variables) and try again"
_GRANT = "ask for that permission, or use another profile (AWS_PROFILE)"
_REGION = "the bucket is in another region: set AWS_DEFAULT_REGION to that one"
_QUOTA = (
    "ask for more under Service Quotas, Amazon SageMaker, or take another --instance-type; spot "
    "machines (--spot) have quotas of their own"
)

# By AWS's error code: the class, and what to do, which follows AWS's message.
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
    "NoSuchEntity": (RoleMissing, "create the role, or name another with --role"),
    "NoSuchBucket": (BucketMissing, "create the bucket, or name another with --bucket"),
    "404": (BucketMissing, "look for the bucket and the key in the region of AWS_DEFAULT_REGION"),
    "301": (BucketMissing, _REGION),
    "PermanentRedirect": (BucketMissing, _REGION),
    "RepositoryNotFoundException": (ImageMissing, "push the image, or name another"),
    "ImageNotFoundException": (ImageMissing, "push the image, or name another"),
    "ThrottlingException": (Unavailable, "wait a minute and try again"),
    "ServiceUnavailable": (Unavailable, "wait a minute and try again"),
}


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Raise AWS's errors as ours, with the action ("reading …") in the message.

    Raises: CloudError.
    """
    try:
        yield
    except exceptions.ClientError as error:
        raise _from_client_error(error, action) from error
    except (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.ProfileNotFound,
        exceptions.TokenRetrievalError,
        exceptions.SSOError,
    ) as error:
        raise NoCredentials(f"{action}: {error}; {_SIGN_IN}") from error
    except exceptions.NoRegionError as error:
        raise NoCredentials(f"{action}: no region is set; set AWS_DEFAULT_REGION") from error
    except exceptions.BotoCoreError as error:
        raise Unavailable(f"{action}: {error}; check the network and try again") from error


def _from_client_error(error: exceptions.ClientError, action: str) -> CloudError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", str(error))
    kind, advice = _BY_CODE.get(code, (InvalidRequest, ""))
    return kind("; ".join(part for part in (f"{action}: {message} ({code})", advice) if part))
