"""Titles of the checks, the unit of their effects, and what to do when one is WATCH or ACT."""

POINTS, SD = "points", "sd"

_IN_POINTS = frozenset(
    {
        "no_vehicle_share",
        "vehicle_mix",
        "review_rate",
        "format_mix",
        "confidence_ks",
        "audited_errors",
    }
)
"""Effects of all other checks are in the baseline's standard deviations."""

TITLES = {
    "vehicle_mix": "Mix of vehicles",
    "no_vehicle_share": "Share without a vehicle",
    "confidence_ks": "Confidence, largest gap",
    "confidence_w1": "Confidence, mean shift",
    "review_rate": "Share sent to review",
    "brightness": "Brightness",
    "contrast": "Contrast",
    "sharpness": "Sharpness",
    "size_bytes": "File size",
    "pixels": "Pixels",
    "width": "Width",
    "height": "Height",
    "aspect": "Aspect ratio",
    "format_mix": "File formats",
    "audited_errors": "Errors among audited photos",
    "error_budget": "Budget of wrong assignments",
    "capture_completeness": "Capture completeness",
    "conservation": "Every photo accounted for",
    "failures": "Failed photos",
    "refused": "Photos refused before classification",
    "unreadable_captures": "Capture records that cannot be used",
    "unknown_model": "Models without a baseline",
    "unknown_class": "Classes that the baseline does not know",
    "override": "Threshold in force",
    "review_age": "Oldest open review",
    "enough_data": "Enough photos to compare",
}

UNOBSERVED = (
    " The baseline is still the one of the model's evaluation: if these days are what is normal "
    "here, `scones baseline --from … --to …` makes them the baseline."
)

_CAMERA = (
    "Look at the example photos. If one driver or one app version sends most of them, ask there; "
    "if it is all of them, compare with the app's last release."
)
_CONFIDENCE = (
    "Look at the example photos and at the audited accuracy below. If they are of a new kind, "
    "label a few hundred and retrain; until then raise the threshold."
)

ADVICE = {
    "vehicle_mix": "Ask dispatch whether the fleet has changed. If not, look at the examples: "
    "the model may take one vehicle for the other; raise the threshold until that is clear.",
    "no_vehicle_share": "Look at the example photos: the app may ask drivers for photos of "
    "something else, or an upload goes to the wrong place.",
    "confidence_ks": _CONFIDENCE,
    "confidence_w1": _CONFIDENCE,
    "review_rate": "See which reason of review has grown, and whether an override of the "
    "threshold is in force. Tell the reviewers' office how much is coming.",
    "brightness": _CAMERA,
    "contrast": _CAMERA,
    "sharpness": _CAMERA,
    "size_bytes": _CAMERA,
    "pixels": _CAMERA,
    "width": _CAMERA,
    "height": _CAMERA,
    "aspect": _CAMERA,
    "format_mix": "Ask whether the app was released anew. A new format is read all the same; "
    "check that its photos are not refused.",
    "audited_errors": "The model is wrong more often than its confidence predicts. Raise the "
    "threshold now (parameter policy-override, 1.0 stops automatic assignment), then label and "
    "retrain.",
    "error_budget": "Send the photos to reviewers now (`scones threshold stop`) or set the "
    "threshold that the sentence names (`scones threshold set`); then label and retrain, or roll "
    "back.",
    "capture_completeness": "Look at the endpoint's disk (Data Capture stops above 75 %) and at "
    "the sampling percentage. Figures from Data Capture are about what was captured only.",
    "conservation": "Run `scones reconcile`: it names each photo and repairs what can be repaired.",
    "failures": "Read the reasons below, fix the cause, then run `scones redrive`.",
    "refused": "Look at the reasons below. One driver or one release of the app: ask there. All of "
    "them: try `scones submit` with a photo of your own.",
    "unreadable_captures": "Read the quoted lines. A new content type needs an entry in the "
    "endpoint's CaptureContentTypeHeader.",
    "unknown_model": "Evaluate that model version and ship its baseline.json with it.",
    "unknown_class": "The endpoint serves another model than its version says: compare the "
    "model's manifest with what is deployed.",
    "override": "Find out who set the override and whether it is still needed.",
    "review_age": "Ask the reviewers' office; drivers are waiting.",
    "enough_data": "Nothing: so few photos can show neither a change nor its absence.",
}


def effect_unit(check: str) -> str:
    """Return the unit of a check's effect and floor."""
    return POINTS if check in _IN_POINTS else SD


def format_effect(value: float, unit: str) -> str:
    """Format an effect or floor with its unit; a share (0..1) becomes points."""
    return f"{100 * value:.1f} points" if unit == POINTS else f"{value:.2f} {unit}".strip()
