"""In which unit each figure is said, and how."""

POINTS, SD = "points", "sd"

EFFECTS = {
    "no_vehicle_share": POINTS,
    "vehicle_mix": POINTS,
    "review_rate": POINTS,
    "format_mix": POINTS,
    "confidence_ks": POINTS,
    "audited_errors": POINTS,
}
"""Of the effect of a check; all others are in the baseline's standard deviations."""

_FIGURES = {
    "width": "px",
    "height": "px",
    "pixels": "px",
    "size_bytes": "bytes",
}


def effect_unit(check: str) -> str:
    """In which unit a check's effect and floor are."""
    return EFFECTS.get(check, SD)


def percent(value: float, digits: int = 1) -> str:
    """A share."""
    return f"{100 * value:.{digits}f} %"


def amount(value: float, unit: str) -> str:
    """A share in points, anything else with its unit."""
    return f"{100 * value:.1f} points" if unit == POINTS else f"{value:.2f} {unit}".strip()


def figure_in_words(name: str, value: float) -> str:
    """A quality figure in its own unit."""
    unit = _FIGURES.get(name, "")
    if unit == "bytes":
        return f"{value / 1e6:.2f} MB" if value >= 1e6 else f"{value / 1e3:.3g} kB"
    if unit:
        return f"{value:,.0f} {unit}"
    return f"{value:.2f}"
