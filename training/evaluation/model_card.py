"""The figures of the model card, rendered from the manifest so that the two agree."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitoring.statistics.proportions import error_rate_bound

CARD_NAME = "MODEL_CARD.md"
_START, _END = "<!-- figures: start -->\n", "<!-- figures: end -->"


class UnusableCard(Exception):
    """The card has no markers around a place for figures."""


def update_card(path: Path, manifest: Mapping[str, Any]) -> None:  # Any: JSON values
    """Replace the text between the card's two markers. Raises: UnusableCard."""
    text = path.read_text(encoding="utf-8")
    before, start, rest = text.partition(_START)
    _, end, after = rest.partition(_END)
    if not (start and end):
        raise UnusableCard(
            f"{path} lacks the lines {_START.strip()!r} and {_END.strip()!r} around its figures"
        )
    path.write_text(before + start + figures(manifest) + end + after, encoding="utf-8")


def figures(manifest: Mapping[str, Any]) -> str:  # Any: JSON values
    """Return Markdown: version, policy, then one table for each set of photos evaluated."""
    policy, training = manifest["policy"], manifest["training"]
    proved = "proved" if policy["budget_met"] else "not proved"
    export = (
        f"Model version `{manifest['model_version']}`, {training['export']['precision']}, "
        f"{training['export']['size_bytes']:,} bytes; decides like its 32-bit original on "
        f"{_percent(training['export']['same_decision_as_fp32'])} of 1,500 photos."
    )
    threshold = (
        f"Temperature {manifest['temperature']}; threshold {policy['threshold']}: "
        f"{policy['errors']} wrong among {policy['accepted']:,} automatic assignments out of fold, "
        f"those of non-vehicles included, so at most {_percent(policy['error_upper_bound'])} with "
        f"{policy['confidence']:.0%} confidence; non-vehicles assigned: "
        f"{policy['non_vehicles_accepted']} of {policy['non_vehicles']:,}. "
        f"The budget of {_percent(policy['error_budget'])} is {proved} on "
        f"{', '.join(policy['sources'])}."
    )
    lines = [export, "", threshold, ""]
    titles = {
        "out_of_fold": "Training photos, each by a model that had not seen it (32 bits)",
        "test": "Test photos, by the shipped file",
    }
    for name, title in titles.items():
        if name in training["metrics"]:
            metrics = training["metrics"][name]
            lines += [f"### {title}", "", _budget(metrics, policy), ""]
            lines += [*_table(metrics, policy["vehicle_classes"]), ""]
            if "calibration" in metrics:
                lines += [*_calibration(metrics["calibration"]), ""]
    return "\n".join(lines)


def assigned_by_source(
    metrics: Mapping[str, Any], vehicles: Sequence[str]
) -> dict[str, float]:  # Any: JSON values
    """Return the share of vehicles assigned without a person, 0..1, by source."""
    counts: dict[str, tuple[int, int]] = {}
    for group in metrics["groups"]:
        if group["label"] in vehicles:
            count, of = counts.get(group["source"], (0, 0))
            assigned = group["assigned"]
            counts[group["source"]] = (count + assigned["count"], of + assigned["of"])
    return {source: count / of for source, (count, of) in counts.items() if of}


def _budget(metrics: Mapping[str, Any], policy: Mapping[str, Any]) -> str:  # Any: JSON values
    """Compare wrong assignments with the budget that the threshold is chosen for."""
    right, non_vehicles = metrics["right_among_assigned"], metrics["non_vehicles_assigned"]
    wrong, confidence = right["of"] - right["count"], policy["confidence"]
    bound = error_rate_bound(wrong, right["of"], confidence=confidence)
    return (
        f"Wrong among all {right['of']:,} automatic assignments: {wrong}, of which "
        f"{non_vehicles['count']} are non-vehicles; with {confidence:.0%} confidence at most "
        f"{_percent(bound)}. The budget is {_percent(policy['error_budget'])}."
    )


def _table(metrics: Mapping[str, Any], vehicles: Sequence[str]) -> list[str]:  # Any: JSON values
    by_source = assigned_by_source(metrics, vehicles)
    rows = [
        (f"forced choice of two, {source}", _share(value))
        for source, value in metrics["forced_choice_by_source"].items()
    ]
    rows += [
        ("forced choice, mean over sources", _percent(metrics["forced_choice_macro_average"])),
        (
            "right among all assigned, non-vehicles included",
            _share(metrics["right_among_assigned"]),
        ),
        ("vehicles assigned", _share(metrics["vehicles_assigned"])),
        ("vehicles assigned, mean over sources", _percent(_mean(by_source))),
        ("non-vehicles assigned", _share(metrics["non_vehicles_assigned"])),
        ("calibration error, three classes", _percent(metrics["calibration_error"])),
    ]
    if "calibration_error_debiased" in metrics:
        rows.append(("the same, debiased", _percent(metrics["calibration_error_debiased"])))
    rows += [
        (f"{group['source']}, {group['label']}: right of three", _share(group["right"]))
        for group in metrics["groups"]
    ]
    rows += [
        (f"{group['source']}, {group['label']}: assigned", _share(group["assigned"]))
        for group in metrics["groups"]
    ]
    body = [f"| {name} | {value} |" for name, value in rows]
    return ["| figure | value (count; 95 % Wilson interval) |", "|---|---|", *body]


def _calibration(slices: Sequence[Mapping[str, Any]]) -> list[str]:  # Any: JSON values
    body = [
        f"| {entry['name']} | {entry['photos']:,} | {_percent(entry['error'])} "
        f"({100 * entry['low']:.1f} to {100 * entry['high']:.1f}) |"
        for entry in slices
    ]
    heads = ["| calibration | photos | debiased error (95 % bootstrap interval) |", "|---|---|---|"]
    return [*heads, *body]


def _share(wire: Mapping[str, float]) -> str:
    low, high = 100 * wire["low"], 100 * wire["high"]
    return f"{_percent(wire['value'])} ({wire['count']}/{wire['of']}; {low:.1f} to {high:.1f})"


def _mean(values: Mapping[str, float]) -> float:
    return sum(values.values()) / max(1, len(values))


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"
