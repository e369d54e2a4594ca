"""The claims of `docs/figures.toml`: every figure that the documents show, and how to measure it.

A claim is either a `value` with a `unit` and a `tolerance` (in that unit), or a share: `count` of
`of`, which must be measured exactly. Its keys:

    id         how documents refer to it
    group      the heading under which `docs/figures.md` lists it
    figure     what the number says
    command    prints one JSON object; run in the project's folder, as a person would
    read       JSON Pointer (RFC 6901) into what the command prints
    record     file#pointer of a committed measurement, which CI compares with the claim;
               without `read`, a training run wrote it and only the next one measures it again
    scale      factor from what is read to the unit, 1 by default (100 for percent)
    cost       cheap: seconds, measured again by CI; minutes; long: up to hours
    needs      what the command needs beyond this project: a path, `torch` or `browser`
    measured, commit   when, and on which commit
    headline   true for the few that the README shows
"""

import datetime
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from monitoring.statistics.proportions import Proportion, proportion
from tests.conftest import ROOT
from tests.e2e.browsing import browser_path

CLAIMS = ROOT / "docs" / "figures.toml"
Cost = Literal["cheap", "minutes", "long"]
COSTS: tuple[Cost, ...] = get_args(Cost)
TORCH, BROWSER = "torch", "browser"
TRAINING_BIN = ROOT / ".venv-training" / "bin"


class InvalidClaim(ValueError):
    """A claim that cannot be read, shown or measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One figure. Decimals keep the digits that the file has: 4.10 is shown as 4.10."""

    id: str
    group: str
    figure: str
    command: str
    cost: Cost
    measured: datetime.date
    commit: str
    value: Decimal | int | None = None
    unit: str = ""
    tolerance: Decimal | int = 0
    count: int | None = None
    of: int | None = None
    read: str = ""
    record: str = ""
    scale: Decimal | int = 1
    needs: tuple[str, ...] = ()
    headline: bool = False

    def __post_init__(self) -> None:
        """Raises: InvalidClaim."""
        is_share = self.count is not None and self.of is not None
        if is_share == (self.value is not None):
            raise InvalidClaim(f"{self.id}: either a value, or count and of")
        if self.cost not in COSTS:
            raise InvalidClaim(f"{self.id}: cost is one of {', '.join(COSTS)}, not {self.cost}")
        if not self.read.startswith("/") and not (self.record and not self.read):
            raise InvalidClaim(f"{self.id}: read is a JSON Pointer like /report/cpu_s")

    @property
    def share(self) -> Proportion | None:
        """The share with its 95 % Wilson interval, for a claim that is one."""
        if self.count is None or self.of is None:
            return None
        return proportion(self.count, self.of)

    def text(self, form: str = "value") -> str:
        """The figure as documents show it: its `value`, and of a share `counts` or `interval`.

        Raises: InvalidClaim for a form that the claim does not have.
        """
        if (part := self.share) is None:
            if form == "value":
                return f"{self.value:,} {self.unit}".strip()
        elif form == "value":
            return f"{100 * part.value:.1f} %"
        elif form == "counts":
            return f"{part.count:,} of {part.of:,}"
        elif form == "interval":
            return f"{100 * part.low:.1f}–{100 * part.high:.1f} %"
        raise InvalidClaim(f"{self.id} has no form {form!r}")

    def agrees(self, measured: Any) -> bool:  # a JSON value, as `read` found it
        """Whether a measurement is the claim, within its tolerance."""
        if self.share is not None:
            return (measured["count"], measured["of"]) == (self.count, self.of)
        assert self.value is not None
        now = Decimal(str(measured)) * self.scale
        # What the claim's own rounding hides is no difference.
        shown = now.quantize(Decimal(self.value))
        return abs(shown - self.value) <= self.tolerance

    def shown(self, measured: Any) -> str:  # as above
        """A measurement in the claim's form."""
        if self.share is not None:
            now = proportion(measured["count"], measured["of"])
            return f"{100 * now.value:.1f} % ({now.count:,} of {now.of:,})"
        return f"{Decimal(str(measured)) * self.scale:,.4g} {self.unit}".strip()

    def missing(self) -> str:
        """Why the command cannot run on this machine; empty if it can."""
        for need in self.needs:
            if need == TORCH:
                if not (TRAINING_BIN / "python").exists():
                    return "torch is not installed: make setup-training"
            elif need == BROWSER:
                if browser_path() is None:
                    return "no browser is installed"
            elif not (ROOT / need).exists():
                return f"{need} is absent"
        return ""


def load_claims(path: Path = CLAIMS) -> dict[str, Claim]:
    """All claims by id, in the file's order. Raises: InvalidClaim."""
    document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    claims: dict[str, Claim] = {}
    for entry in document["figure"]:
        try:
            claim = Claim(**{**entry, "needs": tuple(entry.get("needs", ()))})
        except TypeError as error:
            raise InvalidClaim(f"{entry.get('id', entry)}: {error}") from error
        if claim.id in claims:
            raise InvalidClaim(f"{claim.id} stands twice")
        claims[claim.id] = claim
    return claims


def resolve(document: Any, pointer: str) -> Any:  # JSON values
    """What a JSON Pointer leads to. Raises: LookupError, ValueError."""
    value = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def load_exempt(path: Path = CLAIMS) -> set[str]:
    """Texts that look like figures in the documents and are none: downloads, other people's."""
    return {entry["text"] for entry in tomllib.loads(path.read_text(encoding="utf-8"))["exempt"]}
