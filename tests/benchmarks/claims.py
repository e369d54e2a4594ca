"""The claims of `docs/figures.toml`: every figure in the documents, and how to measure it.

A claim is either a `value` with a `unit` and a `tolerance` (in that unit), or a share: `count` of
`of`, which must be measured exactly. Its keys:

    id         how documents refer to it
    group      the heading under which `docs/figures.md` lists it
    figure     what the number measures
    command    prints one JSON object; runs in the project's folder
    read       JSON Pointer (RFC 6901) into the output of the command
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
    """One figure. Decimals keep the digits of the file: 4.10 is shown as 4.10."""

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
        """Return the figure as documents show it: its `value`, or a share's `counts` or `interval`.

        Raises: InvalidClaim for a form that the claim does not have.
        """
        if (share := self.share) is None:
            if form == "value":
                return f"{self.value:,} {self.unit}".strip()
        elif form == "value":
            return f"{100 * share.value:.1f} %"
        elif form == "counts":
            return f"{share.count:,} of {share.of:,}"
        elif form == "interval":
            return f"{100 * share.low:.1f}–{100 * share.high:.1f} %"
        raise InvalidClaim(f"{self.id} has no form {form!r}")

    def agrees(self, measured: Any) -> bool:  # a JSON value
        """Return whether a measurement agrees with the claim, within its tolerance."""
        if self.share is not None:
            return (measured["count"], measured["of"]) == (self.count, self.of)
        assert self.value is not None
        now = Decimal(str(measured)) * self.scale
        # A difference that the claim's own rounding hides does not count.
        shown = now.quantize(Decimal(self.value))
        return abs(shown - self.value) <= self.tolerance

    def shown(self, measured: Any) -> str:  # as above
        """Format a measurement in the claim's form."""
        if self.share is not None:
            now = proportion(measured["count"], measured["of"])
            return f"{100 * now.value:.1f} % ({now.count:,} of {now.of:,})"
        return f"{Decimal(str(measured)) * self.scale:,.4g} {self.unit}".strip()

    def missing(self) -> str:
        """Return why the command cannot run on this machine; empty if it can."""
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
    """Return all claims by id, in the file's order. Raises: InvalidClaim."""
    document = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    claims: dict[str, Claim] = {}
    for entry in document["figure"]:
        try:
            claim = Claim(**{**entry, "needs": tuple(entry.get("needs", ()))})
        except TypeError as error:
            raise InvalidClaim(f"{entry.get('id', entry)}: {error}") from error
        if claim.id in claims:
            raise InvalidClaim(f"{claim.id} is claimed twice: give each claim an id of its own")
        claims[claim.id] = claim
    return claims


def resolve(document: Any, pointer: str) -> Any:  # JSON values
    """Return the value at a JSON Pointer. Raises: LookupError, ValueError."""
    value = document
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


def load_exempt(path: Path = CLAIMS) -> set[str]:
    """Return texts of the documents that look like figures and need no claim, e.g. downloads."""
    return {entry["text"] for entry in tomllib.loads(path.read_text(encoding="utf-8"))["exempt"]}
