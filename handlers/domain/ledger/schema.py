"""The tables: every attribute with its type, writer and meaning, and the indexes over them.

Only this module has names of attributes and indexes. Its members are strings, so that code uses
them as keys of items, in condition expressions and in the state machine's definition.
`python -m infra.data_model` renders this module as docs/data-model.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Attribute(StrEnum):
    """One attribute of a table's items; the value is its name in DynamoDB."""

    dynamodb_type: str  # S | N | BOOL | M | L
    writer: str  # state, function or command that writes it
    meaning: str

    def __new__(cls, name: str, dynamodb_type: str, writer: str, meaning: str) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.dynamodb_type = dynamodb_type
        member.writer = writer
        member.meaning = meaning
        return member

    def __repr__(self) -> str:
        """Return the quoted name, so that a KeyError shows it like any string."""
        return str.__repr__(self)


PARKED = "parked"  # value of `pending`

_DECISION = "review transaction"
_LEASE = "reviews function"
_ASSIGN = f"Assign, {_DECISION}"


class PhotoAttribute(Attribute):
    """The row of one photo. Times are ISO 8601 in UTC; milliseconds unless noted."""

    # Identity and origin, written when the photo is claimed.
    PHOTO_ID = "photo_id", "S", "Claim", "SHA-256 of bucket, version (or ETag) and key; 64 hex"
    BUCKET = "bucket", "S", "Claim", "intake bucket"
    KEY = "key", "S", "Claim", "object key, `intake/<driver>/<upload>.<extension>`"
    VERSION_ID = "version_id", "S", "Claim", "object version; empty in an unversioned bucket"
    ETAG = "etag", "S", "Claim", "the object's ETag"
    SIZE_BYTES = "size_bytes", "N", "Claim", "object size"
    UPLOADED_AT = "uploaded_at", "S", "Claim", "time of the S3 event; whole seconds"
    DRIVER_ID = "driver_id", "S", "Claim", "driver named by the key; absent if the key names none"
    UPLOAD_ID = "upload_id", "S", "Claim", "upload named by the key; absent as `driver_id`"
    ORDER_ID = "order_id", "S", "Assign, OpenReview, Reject", "order in the metadata; may be empty"

    # Progress of the workflow.
    STATUS = (
        "status",
        "S",
        f"Claim, Assign, OpenReview, Reject, RecordFailure, sweeper, {_DECISION}",
        "`received`, `assigned`, `in_review`, `rejected`, `failed`, `requeued`, or `erased`",
    )
    ATTEMPT = "attempt", "N", "Claim, sweeper", "number of the attempt, from 1; fences every write"
    EXECUTION_ARN = "execution_arn", "S", "Claim", "execution that owns the attempt"
    PENDING = (
        "pending",
        "S",
        "Claim, Park, drain, sweeper",
        "`received` while the photo has no outcome, `parked` while it also waits, then absent",
    )
    RECEIVED_AT = "received_at", "S", "Claim, once", "first claim"
    RECEIVED_HOUR = "received_hour", "S", "Claim, once", "hour of `received_at`, `2026-11-22T18`"
    CLAIMED_AT = (
        "claimed_at",
        "S",
        "Claim, Park, drain, sweeper",
        "claim of this attempt; of a parked photo `received_at`, so that the oldest goes first",
    )
    PARKED_AT = "parked_at", "S", "Park", "the photo began to wait for capacity; absent otherwise"
    PARKED_REASON = (
        "parked_reason",
        "S",
        "Park",
        "why: error name, `IntakePaused` or `BreakerOpen`; absent otherwise",
    )
    PARKINGS = "parkings", "N", "Park", "attempts that were parked; they are not failures"
    UPDATED_AT = "updated_at", "S", "every write of `status`", "last change of the outcome"

    # The model's decision.
    CLASSIFICATION = (
        "classification",
        "M",
        "Assign, OpenReview",
        "`probabilities`, `vehicle`, `confidence`, `threshold` (0..1), `threshold_source`, …",
    )
    QUALITY = "quality", "M", "Assign, OpenReview", "image measurements, `image_format`, `defects`"
    MODEL_VERSION = "model_version", "S", "Assign, OpenReview", "model that classified the photo"

    # The outcome; a reviewer's decision replaces all of it.
    VEHICLE = "vehicle", "S", _ASSIGN, "vehicle of the assignment"
    ORDER_RANGE = "order_range", "S", _ASSIGN, "`nearby` or `distant`"
    VALID_UNTIL = "valid_until", "S", _ASSIGN, "end of the assignment; whole seconds"
    DECIDED_BY = "decided_by", "S", _ASSIGN, "`model`, or the reviewer's name"
    SUPERSEDED = (
        "superseded",
        "BOOL",
        f"AssignSuperseded, {_DECISION}",
        "true if a newer photo of the driver holds the assignment, else absent",
    )
    REASON = (
        "reason",
        "S",
        f"Reject, RecordFailure, sweeper, {_DECISION}",
        "stable code of a rejection, or the error name of a failure",
    )
    MESSAGE = (
        "message",
        "S",
        f"Reject, RecordFailure, sweeper, {_DECISION}",
        "sentence for the driver",
    )
    CAUSE = "cause", "S", "RecordFailure", "the error's details, for operators"

    # The review.
    REVIEW = (
        "review",
        "S",
        f"Claim (once), Assign, OpenReview, reviews function, {_DECISION}",
        "`none`, `open` or `done`",
    )
    REVIEW_REASON = (
        "review_reason",
        "S",
        f"Assign, OpenReview, {_DECISION}",
        "stable code, such as `low_confidence`, `no_vehicle`, `audit` or `contested`",
    )
    ENQUEUED_AT = (
        "enqueued_at",
        "S",
        "MarkEnqueued, sweeper, reviews and drivers functions",
        "the review's message was sent; absent until then",
    )
    REMINDED_AT = "reminded_at", "S", "sweeper", "the message was sent again, last time"
    LEASE_ID = "lease_id", "S", _LEASE, "the lease in force; absent if the review is free"
    LEASE_OWNER = "lease_owner", "S", _LEASE, "reviewer who holds the lease"
    LEASE_SINCE = "lease_since", "S", _LEASE, "start of the lease"
    LEASE_UNTIL = "lease_until", "S", _LEASE, "end of the lease unless it is extended"
    LEASE_RECEIPT = "lease_receipt", "S", _LEASE, "SQS receipt handle of the lease's message"
    SKIPPED = "skipped", "M", _LEASE, "reviewer → time until which colleagues go first"
    LAST_ACTIVITY_AT = "last_activity_at", "S", _LEASE, "last lease, release or decision"
    FIRST_BY = "first_by", "S", _DECISION, "author of the first verdict while a second is awaited"
    SECOND_UNTIL = "second_until", "S", _DECISION, "end of the wait for a second opinion"
    DECISION_SEQ = (
        "decision_seq",
        "N",
        f"Claim (once, 0), {_DECISION}",
        "number of decisions by people; fences every write of the review",
    )
    DECISIONS = (
        "decisions",
        "L",
        _DECISION,
        "the newest 20 decisions, each with the state and assignment before and after it",
    )
    KEPT_UNTIL = (
        "kept_until",
        "N",
        "Assign, OpenReview, Reject, sweeper, `scones forget`",
        "time to live, seconds since 1970; absent until the photo was read",
    )


class AssignmentAttribute(Attribute):
    """The row of one driver: what dispatch reads."""

    DRIVER_ID = "driver_id", "S", _ASSIGN, "driver"
    VEHICLE = "vehicle", "S", _ASSIGN, "vehicle on the photo"
    ORDER_RANGE = "order_range", "S", _ASSIGN, "`nearby` or `distant`"
    DECIDED_BY = "decided_by", "S", _ASSIGN, "`model`, or the reviewer's name"
    MODEL_VERSION = "model_version", "S", _ASSIGN, "absent if a person decided"
    CONFIDENCE = "confidence", "N", _ASSIGN, "0..1; absent if a person decided"
    PHOTO_ID = "photo_id", "S", _ASSIGN, "photo behind the assignment"
    PHOTO_ORDER = (
        "photo_order",
        "S",
        _ASSIGN,
        "`<uploaded_at>#<photo_id>`: the greater one wins, whichever is decided first",
    )
    ORDER_ID = "order_id", "S", _ASSIGN, "order in the photo's metadata; may be empty"
    UPLOADED_AT = "uploaded_at", "S", _ASSIGN, "upload of the photo; whole seconds"
    ASSIGNED_AT = "assigned_at", "S", _ASSIGN, "time of the assignment"
    VALID_UNTIL = "valid_until", "S", _ASSIGN, "end of the assignment; whole seconds"
    LAST_SUPERSEDED = (
        "last_superseded",
        "S",
        f"AssignSuperseded, {_DECISION}",
        "the older photo that was assigned last while this one was newer; absent before the first",
    )


_GRANT = "drivers function"


class UploadAttribute(Attribute):
    """One permission to upload one photo; also the number of permissions of a driver in an hour."""

    UPLOAD_ID = (
        "upload_id",
        "S",
        _GRANT,
        "32 hex, part of the object key; or `granted#<hour>#<driver>` of a count",
    )
    DRIVER_ID = "driver_id", "S", _GRANT, "driver who may upload"
    KEY = "key", "S", _GRANT, "the only object key that S3 accepts with the form"
    CONTENT_TYPE = "content_type", "S", _GRANT, "the only media type that S3 accepts with the form"
    ORDER_ID = "order_id", "S", _GRANT, "empty if the driver named no order"
    RETAKE_OF = "retake_of", "S", _GRANT, "id of the photo that this one replaces; may be empty"
    GRANTED_AT = "granted_at", "S", _GRANT, "time of the permission, which holds for 5 minutes"
    PHOTO_ID = "photo_id", "S", "serialize function", "photo that used the permission; then fixed"
    GRANTED = "granted", "N", _GRANT, "count: permissions of the driver in that hour"
    KEPT_UNTIL = "kept_until", "N", _GRANT, "time to live, seconds since 1970"


_SEED = "`scones known`"
_RESET = "`scones provision`"


class ReviewerAttribute(Attribute):
    """Counters, disagreements, known items and reset factors: a record by `kind` and `name`."""

    KIND = (
        "kind",
        "S",
        f"{_DECISION}, {_SEED}, {_RESET}",
        "`day#<date>`, `agreement`, `known_result`, `disagreement`, `known_item` or `factor_reset`",
    )
    NAME = (
        "name",
        "S",
        f"{_DECISION}, {_SEED}, {_RESET}",
        "reviewer; `<reviewer>#<class>`; photo id; `<time>#` with photo id or reset reviewer",
    )
    DECIDED = "decided", "N", _DECISION, "`day#<date>`: verdicts of the reviewer on that day"
    PAIRS = "pairs", "N", _DECISION, "`agreement`: photos that two people saw"
    AGREED = "agreed", "N", _DECISION, "`agreement`: of these, the ones they agree on"
    SHOWN = "shown", "N", _DECISION, "`known_result`: known items shown"
    RIGHT = "right", "N", _DECISION, "`known_result`: of these, the ones answered correctly"
    PHOTO_ID = "photo_id", "S", _DECISION, "`disagreement`: the photo"
    FIRST_BY = "first_by", "S", _DECISION, "`disagreement`: author of the first verdict"
    FIRST_VERDICT = "first_verdict", "S", _DECISION, "`disagreement`: the first verdict"
    SECOND_BY = "second_by", "S", _DECISION, "`disagreement`: author of the second opinion"
    SECOND_VERDICT = "second_verdict", "S", _DECISION, "`disagreement`: the second opinion"
    DECIDED_AT = "decided_at", "S", _DECISION, "`disagreement`: time of the second opinion"
    VERDICT = "verdict", "S", _SEED, "`known_item`: what the photo truly shows"
    RESET_BY = "reset_by", "S", _RESET, "`factor_reset`: ARN of the caller who reset the factor"


_PAUSE = "`scones pause`, `scones resume`"
_THRESHOLD = "`scones threshold`"
_BREAKER = "Classify, drain"


class ControlAttribute(Attribute):
    """What operators have set: one item a control. No stack owns an item.

    A deployment therefore changes none of them. An absent item means the normal state.
    """

    NAME = (
        "name",
        "S",
        f"{_PAUSE}, {_THRESHOLD}, {_BREAKER}",
        "`intake`, `threshold` or `breaker`",
    )
    PAUSED = "paused", "BOOL", _PAUSE, "`intake`: whether photos wait instead of being decided"
    OVERRIDE = (
        "override",
        "S",
        _THRESHOLD,
        "`threshold`: the text that the override parameter must have; empty: normal",
    )
    OPEN = "open", "BOOL", _BREAKER, "`breaker`: whether the endpoint is not called"
    SINCE = "since", "S", f"{_PAUSE}, {_THRESHOLD}, {_BREAKER}", "time of the last change"
    BY = "by", "S", f"{_PAUSE}, {_THRESHOLD}", "who made the last change: the caller's ARN or name"
    REASON = (
        "reason",
        "S",
        f"{_PAUSE}, {_THRESHOLD}, {_BREAKER}",
        "the operator's words, or the endpoint's error; may be empty",
    )


_POWERTOOLS = "Powertools idempotency"


class RequestAttribute(Attribute):
    """One response to a POST with an `Idempotency-Key`; the names are those of Powertools."""

    ID = "id", "S", _POWERTOOLS, "operation and hash of caller and key"
    EXPIRATION = "expiration", "N", _POWERTOOLS, "time to live, seconds since 1970"
    IN_PROGRESS_EXPIRATION = (
        "in_progress_expiration",
        "N",
        _POWERTOOLS,
        "until then a second request with the key is refused; milliseconds since 1970",
    )
    STATUS = "status", "S", _POWERTOOLS, "`INPROGRESS` or `COMPLETED`"
    DATA = "data", "S", _POWERTOOLS, "the response, JSON"
    VALIDATION = "validation", "S", _POWERTOOLS, "hash of the body, which must not change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A global secondary index; an item without both keys is not in it."""

    name: str
    partition_key: Attribute
    sort_key: Attribute
    purpose: str
    projected: tuple[Attribute, ...] | None = None  # besides the keys; None for the whole item

    @property
    def keys(self) -> tuple[Attribute, Attribute]:
        """Partition key and sort key."""
        return self.partition_key, self.sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """A table; all its keys are strings."""

    name: str  # logical id in the stack
    attributes: type[Attribute]
    partition_key: Attribute
    sort_key: Attribute | None = None
    time_to_live: Attribute | None = None
    indexes: tuple[Index, ...] = ()

    @property
    def keys(self) -> tuple[Attribute, ...]:
        """Partition key, and sort key if there is one."""
        return (self.partition_key, self.sort_key) if self.sort_key else (self.partition_key,)


BY_DRIVER = Index(
    name="by_driver",
    partition_key=PhotoAttribute.DRIVER_ID,
    sort_key=PhotoAttribute.UPLOADED_AT,
    purpose="a driver's photos, newest first; the successor of a withdrawn assignment",
)
BY_REVIEW = Index(
    name="by_review",
    partition_key=PhotoAttribute.REVIEW,
    sort_key=PhotoAttribute.RECEIVED_AT,
    purpose="open reviews, oldest first",
)
BY_HOUR = Index(
    name="by_hour",
    partition_key=PhotoAttribute.RECEIVED_HOUR,
    sort_key=PhotoAttribute.RECEIVED_AT,
    purpose="the photos of an hour, for the report, redrive and the status page",
)
BY_PENDING = Index(
    name="by_pending",
    partition_key=PhotoAttribute.PENDING,
    sort_key=PhotoAttribute.CLAIMED_AT,
    purpose="photos without an outcome, the longest claimed first, for the sweeper",
)
BY_UPLOAD = Index(
    name="by_upload",
    partition_key=PhotoAttribute.UPLOAD_ID,
    sort_key=PhotoAttribute.UPLOADED_AT,
    purpose="the photo of an upload; the rest of the row is read by its key",
    projected=(PhotoAttribute.STATUS, PhotoAttribute.REASON),
)
BY_RANGE = Index(
    name="by_range",
    partition_key=AssignmentAttribute.ORDER_RANGE,
    sort_key=AssignmentAttribute.VALID_UNTIL,
    purpose="the drivers available for orders of a range, for dispatch",
)

PHOTOS = TableSchema(
    name="Photos",
    attributes=PhotoAttribute,
    partition_key=PhotoAttribute.PHOTO_ID,
    time_to_live=PhotoAttribute.KEPT_UNTIL,
    indexes=(BY_DRIVER, BY_REVIEW, BY_HOUR, BY_PENDING, BY_UPLOAD),
)
ASSIGNMENTS = TableSchema(
    name="Assignments",
    attributes=AssignmentAttribute,
    partition_key=AssignmentAttribute.DRIVER_ID,
    indexes=(BY_RANGE,),
)
UPLOADS = TableSchema(
    name="Uploads",
    attributes=UploadAttribute,
    partition_key=UploadAttribute.UPLOAD_ID,
    time_to_live=UploadAttribute.KEPT_UNTIL,
)
REVIEWERS = TableSchema(
    name="Reviewers",
    attributes=ReviewerAttribute,
    partition_key=ReviewerAttribute.KIND,
    sort_key=ReviewerAttribute.NAME,
)
REQUESTS = TableSchema(
    name="Requests",
    attributes=RequestAttribute,
    partition_key=RequestAttribute.ID,
    time_to_live=RequestAttribute.EXPIRATION,
)
CONTROLS = TableSchema(
    name="Controls",
    attributes=ControlAttribute,
    partition_key=ControlAttribute.NAME,
)
TABLES = (PHOTOS, ASSIGNMENTS, UPLOADS, REVIEWERS, REQUESTS, CONTROLS)
