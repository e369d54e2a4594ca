"""Identify and Claim: who is this photo, whose is it, and is the event a duplicate?"""

from handlers.domain.ledger.schema import PhotoAttribute
from infra.state_machine.blocks import (
    ALREADY_DONE,
    ATTEMPT,
    EXECUTION,
    NOW,
    PHOTO,
    State,
    catch,
    catch_all,
    service_task,
    text,
    update,
)

_EVENT = "$.detail.object"

# The input wins over the default: only a takeover's input names an attempt.
_REQUEST_WITH_ATTEMPT = "States.JsonMerge(States.StringToJson('{\"attempt\":1}'), $, false)"


def identification() -> dict[str, State]:
    """One choice, four shapes of the same record: the fields that AWS may leave out are guarded."""
    versioned = {"Variable": f"{_EVENT}['version-id']", "IsPresent": True}
    # The mirror of `Sender.from_key`, in the words that a Choice state has.
    names_a_driver = [
        {"Variable": f"{_EVENT}.key", "StringMatches": "intake/*/*"},
        {"Not": {"Variable": f"{_EVENT}.key", "StringMatches": "intake//*"}},
        {"Not": {"Variable": f"{_EVENT}.key", "StringMatches": "*/.*"}},
    ]
    return {
        "Identify": {
            "Type": "Choice",
            "Choices": [
                {"Variable": f"{_EVENT}.key", "StringMatches": "*/", "Next": "FolderMarker"},
                {"And": [versioned, *names_a_driver], "Next": "IdentifyVersionOfDriver"},
                {**versioned, "Next": "IdentifyVersion"},
                {"And": names_a_driver, "Next": "IdentifyEtagOfDriver"},
            ],
            "Default": "IdentifyEtag",
        },
        "IdentifyVersionOfDriver": _identify(versioned=True, of_driver=True),
        "IdentifyVersion": _identify(versioned=True, of_driver=False),
        "IdentifyEtagOfDriver": _identify(versioned=False, of_driver=True),
        "IdentifyEtag": _identify(versioned=False, of_driver=False),
    }


def _identify(*, versioned: bool, of_driver: bool) -> State:
    revision = f"{_EVENT}['version-id']" if versioned else f"{_EVENT}.etag"
    identity = f"States.Format('{{}}\n{{}}\n{{}}', $.detail.bucket.name, {revision}, {_EVENT}.key)"
    photo_id = f"States.Hash({identity}, 'SHA-256')"
    photo = {
        "photo_id.$": photo_id,
        "bucket.$": "$.detail.bucket.name",
        "key.$": f"{_EVENT}.key",
        "etag.$": f"{_EVENT}.etag",
        "size_bytes.$": f"{_EVENT}.size",
        "uploaded_at.$": "$.time",
        # Sorts a driver's photos by upload; the id breaks ties, the same way every time.
        "photo_order.$": f"States.Format('{{}}#{{}}', $.time, {photo_id})",
    }
    # Empty where there is none: later states name the field, and may not name what is absent.
    photo |= {"version_id.$": revision} if versioned else {"version_id": ""}
    if of_driver:
        segments = f"States.StringSplit({_EVENT}.key, '/')"
        last = f"States.MathAdd(States.ArrayLength({segments}), -1)"
        name = f"States.ArrayGetItem({segments}, {last})"
        photo["driver_id.$"] = f"States.ArrayGetItem({segments}, 1)"
        photo["upload_id.$"] = f"States.ArrayGetItem(States.StringSplit({name}, '.'), 0)"
    return {
        "Type": "Pass",
        "Parameters": {
            "photo": photo,
            "request.$": _REQUEST_WITH_ATTEMPT,
            "execution.$": EXECUTION,  # a Choice can compare with state, not with the context
        },
        "Next": "ClaimOfDriver" if of_driver else "Claim",
    }


def claims(photos_table: str) -> dict[str, State]:
    """The same conditional write with and without a driver: an index key cannot be empty."""
    return {
        "ClaimOfDriver": _claim(photos_table, of_driver=True),
        "Claim": _claim(photos_table, of_driver=False),
    }


def _claim(photos_table: str, *, of_driver: bool) -> State:
    kept: State = {  # written once; a takeover leaves them as they are
        PhotoAttribute.RECEIVED_AT: text(NOW),
        PhotoAttribute.RECEIVED_HOUR: text(
            f"States.ArrayGetItem(States.StringSplit({NOW}, ':'), 0)"
        ),
        PhotoAttribute.REVIEW: {"S": "none"},
        PhotoAttribute.DECISION_SEQ: {"N": "0"},
    }
    written: State = {
        PhotoAttribute.STATUS: {"S": "received"},
        PhotoAttribute.PENDING: {"S": "received"},
        PhotoAttribute.ATTEMPT: {"N.$": ATTEMPT},
        PhotoAttribute.EXECUTION_ARN: text(EXECUTION),
        PhotoAttribute.CLAIMED_AT: text(NOW),
        PhotoAttribute.UPDATED_AT: text(NOW),
        PhotoAttribute.BUCKET: text(f"{PHOTO}.bucket"),
        PhotoAttribute.KEY: text(f"{PHOTO}.key"),
        PhotoAttribute.VERSION_ID: text(f"{PHOTO}.version_id"),
        PhotoAttribute.ETAG: text(f"{PHOTO}.etag"),
        PhotoAttribute.SIZE_BYTES: {"N.$": f"States.Format('{{}}', {PHOTO}.size_bytes)"},
        PhotoAttribute.UPLOADED_AT: text(f"{PHOTO}.uploaded_at"),
    }
    if of_driver:
        written[PhotoAttribute.DRIVER_ID] = text(f"{PHOTO}.driver_id")
        written[PhotoAttribute.UPLOAD_ID] = text(f"{PHOTO}.upload_id")
    claim = update(
        photos_table,
        sets=written,
        sets_once=kept,
        condition=(
            f"attribute_not_exists({PhotoAttribute.PHOTO_ID})"
            f" OR ({PhotoAttribute.EXECUTION_ARN} = :execution_arn AND #status = :status)"
            f" OR (#status = :requeued AND {PhotoAttribute.ATTEMPT} = :attempt)"
        ),
        values={":requeued": {"S": "requeued"}},
    )
    return {
        **service_task("dynamodb:updateItem", claim),
        "Catch": [catch([ALREADY_DONE], "Duplicate"), catch_all()],
        "Next": "Serialize",
    }
