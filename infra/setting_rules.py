"""What each setting of a stage may be: its range, choices or format, with the words for a refusal.

A rule judges one value; settings that depend on each other are compared in `StageConfig.check`.
Sources of the limits: the AWS service that a setting goes to, where it has one; otherwise what the
setting is for.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import available_timezones

WORKFLOW_TYPES = ("STANDARD", "EXPRESS")
CAPTURE_WRITERS = ("endpoint", "classify")
CAPTURE_MODES = ("Input", "Output")
ORDER_RANGES = ("nearby", "distant")
# Stores in which no single record can be deleted are empty of an erased driver after these days.
LONGEST_LOG_DAYS = 90

_TEN_YEARS = 3653  # days
# CloudWatch Logs takes these retention times only, in days.
_LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, LONGEST_LOG_DAYS)
_MESSAGE_HOURS = 14 * 24  # SQS keeps no message longer
_EMAIL = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,.]+")
_CLASS = re.compile(r"[a-z][a-z0-9_]*")
# EventBridge Scheduler's six fields; a report starts once on each of its days.
_CRON = re.compile(
    r"cron\(([0-5]?\d) ([01]?\d|2[0-3])"
    r" (?P<day>[0-9,\-*/?LW]+) (?P<month>[0-9A-Z,\-*/]+) (?P<weekday>[0-9A-Z,\-*/?#]+)"
    r" (?P<year>[0-9,\-*/]+)\)"
)
_ORIGIN = re.compile(
    r"https://[A-Za-z0-9.-]+(:\d{1,5})?|http://(([a-z0-9-]+\.)*localhost|127\.0\.0\.1)(:\d{1,5})?"
)
# An app's own scheme is that of its platform; plain http is for the developer's machine alone.
_APP_URL = re.compile(
    r"(?!http://(?!localhost[:/]|127\.0\.0\.1[:/]))[a-z][a-z0-9+.-]*://[^\s#]+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Rule:
    """The values that a setting may have."""

    allowed: str  # the end of the sentence "it must be ..."
    permits: Callable[[Any], bool]  # Any: a value of the setting's type


def between(low: float, high: float, unit: str = "") -> Rule:
    """Return the rule of a number from `low` to `high`; NaN is neither."""
    return Rule(f"from {low} to {high} {unit}".rstrip(), lambda value: low <= value <= high)


def one_of(choices: Collection[Any]) -> Rule:
    """Return the rule of a fixed choice."""
    return Rule(f"one of {', '.join(map(str, choices))}", lambda value: value in choices)


def matching(pattern: re.Pattern[str], meaning: str, *, or_empty: bool = False) -> Rule:
    """Return the rule of a text in a format."""
    return Rule(
        f"{meaning}, or empty" if or_empty else meaning,
        lambda value: bool(pattern.fullmatch(value)) or (or_empty and not value),
    )


def list_of(rule: Rule, *, or_none: bool = False) -> Rule:
    """Return the rule of a list without repetitions, each of whose values keeps `rule`."""
    count = "a list" if or_none else "a list of one or more"
    return Rule(
        f"{count} without repetitions, each {rule.allowed}",
        lambda values: (
            (or_none or len(values) > 0)
            and len(set(values)) == len(values)
            and all(map(rule.permits, values))
        ),
    )


@cache
def _regions() -> frozenset[str]:
    """Return the Regions that this version of botocore knows, of every partition."""
    # Half a second that only a file with a region needs.
    from botocore.session import Session  # noqa: PLC0415 # as above

    session = Session()
    return frozenset(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("lambda", partition)
    )


def _is_daily_cron(value: str) -> bool:
    match = _CRON.fullmatch(value)
    # One of day and weekday is given, and the other one is `?`.
    return match is not None and (match["day"] == "?") != (match["weekday"] == "?")


_SWITCH = Rule("true or false", lambda value: isinstance(value, bool))
_SHARE = between(0, 1)
_RISK = between(0.0001, 0.4999)
_RETENTION = between(1, _TEN_YEARS, "days")
_ADDRESS = matching(_EMAIL, "one email address", or_empty=True)
_TIME_ZONE = Rule(
    "an IANA name, such as Europe/Berlin", lambda value: value in available_timezones()
)
# By setting. Image and archive of the model have sentences of their own (in `StageConfig`),
# as have the parts of `off_hours`.
RULES: Mapping[str, Rule] = {
    "account": Rule(
        "twelve digits", lambda value: value is None or bool(re.fullmatch(r"\d{12}", value))
    ),
    "region": Rule(
        "the code of a Region of AWS, such as eu-central-1",
        lambda value: value is None or value in _regions(),
    ),
    "is_durable": _SWITCH,
    "log_retention_days": one_of(_LOG_DAYS),
    "access_log_retention_days": between(1, LONGEST_LOG_DAYS, "days"),
    "photo_retention_days": _RETENTION,
    "ledger_retention_days": _RETENTION,
    "label_retention_days": _RETENTION,
    "thumbnail_retention_days": _RETENTION,
    "alarm_email": _ADDRESS,
    "page_email": _ADDRESS,
    "runbook_url": matching(
        re.compile(r"\S*[^\s/]"), "a path or a URL, without a slash at its end"
    ),
    "report_emails": list_of(matching(_EMAIL, "one email address"), or_none=True),
    "time_zone": _TIME_ZONE,
    "report_at": Rule(
        "a cron expression of EventBridge Scheduler with one minute and one hour, such as "
        "cron(15 5 * * ? *)",
        _is_daily_cron,
    ),
    "report_days": between(1, 31, "days"),
    "audit_days": between(1, 400, "days"),
    "report_retention_days": _RETENTION,
    # Oftener a sweep would meet itself: its function may run for some minutes.
    "sweep_every_minutes": between(5, 24 * 60, "minutes"),
    "sweep_versions": between(100, 1_000_000, "object versions"),
    "review_idle_hours": between(1, _MESSAGE_HOURS - 24, "hours"),
    "workflow_type": one_of(WORKFLOW_TYPES),
    "model_manifests": list_of(matching(re.compile(r"\S.*"), "the path of a manifest")),
    "order_ranges": Rule(
        f"a table of the model's vehicle classes, each with one of {', '.join(ORDER_RANGES)}",
        lambda value: (
            len(value) > 0
            and all(_CLASS.fullmatch(name) for name in value)
            and set(value.values()) <= set(ORDER_RANGES)
        ),
    ),
    "audit_share": _SHARE,
    "error_budget": _RISK,
    "budget_alarm_alpha": _RISK,
    "budget_proof_alpha": _RISK,
    "assignment_valid_hours": between(1, 7 * 24, "hours"),
    "review_lease_s": between(30, 3600, "seconds"),
    "undo_window_s": between(0, 3600, "seconds"),
    "blind_share": _SHARE,
    "second_share": _SHARE,
    "drivers_app_urls": list_of(
        matching(_APP_URL, "a URL of the app (https, an own scheme, or http://localhost)")
    ),
    "cors_origins": list_of(
        matching(_ORIGIN, "an origin without a path, such as https://app.example.com"),
        or_none=True,
    ),
    "upload_retention_days": _RETENTION,
    "uploads_per_hour": between(1, 10_000, "permissions"),
    "endpoint_instance_type": matching(
        re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9-]+"), "SageMaker's name, such as ml.c5.large"
    ),
    "endpoint_instance_count": between(1, 100, "instances"),
    "endpoint_max_instance_count": between(1, 100, "instances"),
    "endpoint_target_invocations": between(1, 1_000_000, "calls"),
    "capture_writer": one_of(CAPTURE_WRITERS),
    "capture_modes": list_of(one_of(CAPTURE_MODES)),
    "capture_sampling_percentage": between(1, 100, "percent"),
    "capture_retention_days": _RETENTION,
}


def refusal(name: str, value: object) -> str:
    """Return why the value of a setting is refused, or an empty text."""
    rule = RULES.get(name)
    if rule is None or rule.permits(value):
        return ""
    return f"{name} is {value!r}; it must be {rule.allowed}"
