"""Identify and Claim: the photo's id and driver, and the write that finds duplicate events."""

from handlers.domain.ledger.schema import PhotoAttribute
from infra.state_machine.blocks import (
    ATTEMPT,
    CONDITION_FAILED,
    EXECUTION,
    NOW,
    PHOTO,
    State,
    catch,
    catch_all,
    leave_to_sweeper,
    service_task,
    text,
    update,
)
from infra.state_machine.resources import WorkflowResources

_OBJECT = "$.detail.object"

# The input overrides the defaults: only a takeover's input has an attempt, only a probe's says so.
_REQUEST_WITH_DEFAULTS = (
    'States.JsonMerge(States.StringToJson(\'{"attempt":1,"probe":false}\'), $, false)'
)


def identification() -> dict[str, State]:
    """Return the choice and four states for the same record, with or without optional fields.

    AWS leaves out `version-id` for unversioned buckets, and not every key names a driver.
    """
    versioned = {"Variable": f"{_OBJECT}['version-id']", "IsPresent": True}
    # The same rule as `Sender.from_key`, with the operators of a Choice state.
    names_a_driver = [
        {"Variable": f"{_OBJECT}.key", "StringMatches": "intake/*/*"},
        {"Not": {"Variable": f"{_OBJECT}.key", "StringMatches": "intake//*"}},
        {"Not": {"Variable": f"{_OBJECT}.key", "StringMatches": "*/.*"}},
    ]
    return {
        "Identify": {
            "Type": "Choice",
            "Choices": [
                {"Variable": f"{_OBJECT}.key", "StringMatches": "*/", "Next": "FolderMarker"},
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
    revision = f"{_OBJECT}['version-id']" if versioned else f"{_OBJECT}.etag"
    identity = f"States.Format('{{}}\n{{}}\n{{}}', $.detail.bucket.name, {revision}, {_OBJECT}.key)"
    photo_id = f"States.Hash({identity}, 'SHA-256')"
    photo = {
        "photo_id.$": photo_id,
        "bucket.$": "$.detail.bucket.name",
        "key.$": f"{_OBJECT}.key",
        "etag.$": f"{_OBJECT}.etag",
        "size_bytes.$": f"{_OBJECT}.size",
        "uploaded_at.$": "$.time",
        # Sorts a driver's photos by upload time; the id breaks ties deterministically.
        "photo_order.$": f"States.Format('{{}}#{{}}', $.time, {photo_id})",
    }
    # Always present, if need be as an empty string, because later states read the field.
    photo |= {"version_id.$": revision} if versioned else {"version_id": ""}
    if of_driver:
        segments = f"States.StringSplit({_OBJECT}.key, '/')"
        last = f"States.MathAdd(States.ArrayLength({segments}), -1)"
        name = f"States.ArrayGetItem({segments}, {last})"
        photo["driver_id.$"] = f"States.ArrayGetItem({segments}, 1)"
        photo["upload_id.$"] = f"States.ArrayGetItem(States.StringSplit({name}, '.'), 0)"
    return {
        "Type": "Pass",
        "Parameters": {
            "photo": photo,
            "request.$": _REQUEST_WITH_DEFAULTS,
            "execution.$": EXECUTION,  # a Choice can compare with the state, not with the context
        },
        "Next": "ClaimOfDriver" if of_driver else "Claim",
    }


def claims(resources: WorkflowResources) -> dict[str, State]:
    """Return the claim with and without a driver: the key of an index cannot be empty."""
    return {
        "ClaimOfDriver": _claim(resources, of_driver=True),
        "Claim": _claim(resources, of_driver=False),
    }


def _claim(resources: WorkflowResources, *, of_driver: bool) -> State:
    initial: State = {  # written by the first claim; a takeover does not change them
        PhotoAttribute.RECEIVED_AT: text(NOW),
        PhotoAttribute.RECEIVED_HOUR: text(
            f"States.ArrayGetItem(States.StringSplit({NOW}, ':'), 0)"
        ),
        PhotoAttribute.REVIEW: {"S": "none"},
        PhotoAttribute.DECISION_SEQ: {"N": "0"},
    }
    claimed: State = {
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
        claimed[PhotoAttribute.DRIVER_ID] = text(f"{PHOTO}.driver_id")
        claimed[PhotoAttribute.UPLOAD_ID] = text(f"{PHOTO}.upload_id")
    claim = update(
        resources.photos_table,
        sets=claimed,
        sets_if_absent=initial,
        condition=(
            f"attribute_not_exists({PhotoAttribute.PHOTO_ID})"
            f" OR ({PhotoAttribute.EXECUTION_ARN} = :execution_arn AND #status = :status)"
            f" OR (#status = :requeued AND {PhotoAttribute.ATTEMPT} = :attempt)"
        ),
        values={":requeued": {"S": "requeued"}},
    )
    return {
        **service_task(resources, "dynamodb:updateItem", claim, is_last_chance=True),
        # Without a row nothing can be parked: the sweeper starts objects that have none.
        "Catch": [catch([CONDITION_FAILED], "Duplicate"), leave_to_sweeper(), catch_all()],
        "Next": "Serialize",
    }
