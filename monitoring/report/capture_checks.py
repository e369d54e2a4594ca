"""Is what the model answered in Data Capture, and can it be read?"""

import math
from collections.abc import Iterator

from monitoring.capture.summary import CaptureSummary
from monitoring.report.check import Check, counted
from monitoring.report.facts import ReportSettings
from monitoring.report.units import percent
from monitoring.statistics.severity import Severity

ODD_WATCH, ODD_ACT = 0.01, 0.05
_SAMPLED_SD = 3.3  # where only a share is to be captured: one day in a thousand


def capture_checks(capture: CaptureSummary, settings: ReportSettings) -> Iterator[Check]:
    """Completeness, and lines that cannot be used."""
    share, wanted = capture.completeness, settings.capture_sampling_share
    if share is not None:
        n = capture.classified or 0
        # A sample's own chance is no loss.
        chance = _SAMPLED_SD * math.sqrt(wanted * (1 - wanted) / n)
        level = (
            Severity.OK
            if share >= wanted * settings.completeness_watch - chance
            else Severity.WATCH
        )
        level = Severity.ACT if share < wanted * settings.completeness_act - chance else level
        of_sample = "" if wanted == 1 else f" of the {percent(wanted, 0)} that are to be captured"
        yield counted(
            "capture_completeness",
            level,
            rule=f"WATCH below {percent(settings.completeness_watch, 0)}, ACT below "
            f"{percent(settings.completeness_act, 0)}{of_sample}",
            sentence=f"{capture.captured} of {n} classified photos were captured ({percent(share)}"
            f"{'' if wanted == 1 else f'; {percent(wanted, 0)} are to be'}).",
            n=n,
            ids=capture.missing,
        )
    odd = sum(capture.oddities.values())
    odd_share = odd / capture.lines if capture.lines else 0.0
    level = Severity.WATCH if odd_share > ODD_WATCH else Severity.OK
    yield counted(
        "unreadable_captures",
        Severity.ACT if odd_share > ODD_ACT else level,
        rule=f"WATCH above {percent(ODD_WATCH, 0)} of the lines, ACT above {percent(ODD_ACT, 0)}",
        sentence=f"{odd} of {capture.lines} lines are odd"
        + "".join(f", {kind} {count}" for kind, count in capture.oddities.items())
        + ".",
        n=capture.lines,
    )
