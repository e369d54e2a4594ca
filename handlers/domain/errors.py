"""The project's exceptions as one tree; class names are the workflow's `ErrorEquals` strings.

    SconesError
    ├── TransientError               the workflow tries again
    │   ├── PhotoStoreUnavailable    S3 did not answer
    │   ├── EndpointBusy             the model's endpoint has no capacity at this moment
    │   ├── EndpointUnavailable      the model's endpoint is absent, slow or down
    │   ├── BreakerOpen              the endpoint is known to be down and was not called
    │   ├── PolicyUnavailable        policy, override or audit salt could not be read
    │   ├── LedgerUnavailable        DynamoDB or SQS did not answer; workflow and callers try again
    │   └── PublishFailed            a label or event was not written; the stream tries again
    └── PermanentError               trying again cannot help; the photo is recorded as failed
        ├── InvalidRecord            a record between two steps is malformed
        ├── InvalidPolicy            the policy parameter is malformed
        ├── MissingSetting           the function is deployed without a setting it needs
        ├── PhotoMissing             the object version is gone
        ├── PhotoForbidden           the function may not read it, or it was deleted
        ├── PhotoRefusedByModel      the endpoint calls a wire image unreadable
        └── UntrustworthyPrediction  the endpoint answered something that is not a prediction

Bytes that are not a photo are not an error: see `Refusal` in `photo/wire_image.py`.
"""


class SconesError(Exception):
    """Base of every error that this project raises on purpose."""


class TransientError(SconesError):
    """Trying again may help."""


class PermanentError(SconesError):
    """Trying again cannot help."""


class PhotoStoreUnavailable(TransientError):
    """S3 did not answer in time, or asked to slow down."""


class EndpointBusy(TransientError):
    """The model's endpoint has no capacity at this moment; it refuses at once."""


class EndpointUnavailable(TransientError):
    """The model's endpoint is absent, slow or down."""


class BreakerOpen(TransientError):
    """The endpoint is known to be down and was not called."""


class PolicyUnavailable(TransientError):
    """The policy parameter, its override or the audit salt could not be read."""


class LedgerUnavailable(TransientError):
    """A table or queue did not answer in time, or asked to slow down."""


class PublishFailed(TransientError):
    """A label or an event that follows from the ledger could not be written."""


class InvalidRecord(PermanentError):
    """A record that was received, stored or passed between two states is malformed."""


class InvalidPolicy(PermanentError):
    """The policy parameter is malformed; an operator must correct it."""


class MissingSetting(PermanentError):
    """An environment variable that the function needs is absent or malformed."""


class PhotoMissing(PermanentError):
    """The object version named by the event is gone."""


class PhotoForbidden(PermanentError):
    """The function may not read the object version: wrong permissions, or a deleted photo."""


class PhotoRefusedByModel(PermanentError):
    """The endpoint could not read the wire image that Serialize made."""


class UntrustworthyPrediction(PermanentError):
    """The endpoint's answer is not a probability distribution over the classes of a known model."""


# Names for the state machine, by what it does with an error of its functions.
REFUSAL_ERRORS = (EndpointBusy.__name__,)
"""Tried again soon and often, then parked."""
OUTAGE_ERRORS = tuple(
    error.__name__
    for error in (PhotoStoreUnavailable, EndpointUnavailable, PolicyUnavailable, LedgerUnavailable)
)
"""Tried again a few times, then parked."""
PARKING_ERRORS = (BreakerOpen.__name__,)
"""Parked at once."""
