"""Writes the claims into the documents: `docs/figures.md`, the README's block, inline figures.

Between `<!-- figures: start -->` and `<!-- figures: end -->` the README has the headline figures.
In any document, `<!-- figure: ID -->98.5 %<!-- /figure -->` shows one claim; a form of it, `counts`
or `interval`, may follow the id.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.benchmarks.claims import CLAIMS, Claim, InvalidClaim
from tests.conftest import ROOT

README = ROOT / "README.md"
FIGURES = ROOT / "docs" / "figures.md"
CARD = ROOT / "training" / "shipped" / "MODEL_CARD.md"
MOST_HEADLINES = 5

_BLOCK = re.compile(r"(<!-- figures: start -->\n).*?(<!-- figures: end -->)", re.DOTALL)
_INLINE = re.compile(
    r"(<!-- figure: (?P<id>[\w.-]+)(?: (?P<form>\w+))? -->)[^<]*(<!-- /figure -->)"
)
_ABOUT = f"""\
# Figures

Made from [`{CLAIMS.name}`]({CLAIMS.name}) by `make figures-docs`; `make figures` measures again and
prints what is claimed beside what is measured now. Speed depends on the machine: all was measured
on two shared x86-64 cores with Python 3.11. A share has its 95 % Wilson interval, and must be
measured exactly; any other figure may differ by the tolerance. *Cheap* figures are measured again
by every run of the tests, *minutes* by `make figures`, *long* by `make figures-long`.
"""


def documents() -> list[Path]:
    """Return all documents that may show claims, without the generated one."""
    docs = sorted(path for path in (ROOT / "docs").glob("*.md") if path != FIGURES)
    return [README, CARD, *docs]


def rendered(path: Path, claims: Mapping[str, Claim]) -> str:
    """Return a document with the claimed figures. Raises: InvalidClaim."""
    text = path.read_text(encoding="utf-8")
    if path == README:
        text = _BLOCK.sub(lambda block: block[1] + headlines(claims.values()) + block[2], text)

    def figure(mark: re.Match[str]) -> str:
        if mark["id"] not in claims:
            raise InvalidClaim(
                f"{path.name} shows {mark['id']}, which is not claimed: add it to {CLAIMS.name}"
            )
        return mark[1] + claims[mark["id"]].text(mark["form"] or "value") + mark[4]

    return _INLINE.sub(figure, text)


def headlines(claims: Iterable[Claim]) -> str:
    """Return the README's table: figure, value and command."""
    chosen = [claim for claim in claims if claim.headline]
    if not 0 < len(chosen) <= MOST_HEADLINES:
        raise InvalidClaim(f"{len(chosen)} headline figures; the README has {MOST_HEADLINES}")
    rows = [f"| {claim.figure} | {_full(claim)} | `{claim.command}` |" for claim in chosen]
    return "\n".join(["| figure | value | command |", "|---|---|---|", *rows, ""])


def figures(claims: Mapping[str, Claim]) -> str:
    """Return `docs/figures.md`: one table a group."""
    lines = [_ABOUT]
    for group in dict.fromkeys(claim.group for claim in claims.values()):
        lines += [f"## {group}", "", "| figure | value | tolerance | measured | command |"]
        lines.append("|---|---|---|---|---|")
        lines += [_row(claim) for claim in claims.values() if claim.group == group]
        lines.append("")
    return "\n".join(lines)


def write(claims: Mapping[str, Claim]) -> None:
    """Bring every document up to date."""
    FIGURES.write_text(figures(claims), encoding="utf-8")
    for path in documents():
        path.write_text(rendered(path, claims), encoding="utf-8")


def without_claims(text: str) -> str:
    """Return a document's text without its figures and without code, which needs no claim."""
    text = _INLINE.sub("", _BLOCK.sub("", text))
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def _row(claim: Claim) -> str:
    unit = f" {claim.unit}" if claim.unit else ""
    exact = claim.share is not None or not claim.tolerance
    tolerance = "exact" if exact else f"± {claim.tolerance:,}{unit}"
    needs = f"; needs {', '.join(claim.needs)}" if claim.needs else ""
    return (
        f"| {claim.figure} | {_full(claim)} | {tolerance} | {claim.measured} `{claim.commit}`, "
        f"{claim.cost}{needs} | `{claim.command}` |"
    )


def _full(claim: Claim) -> str:
    if claim.share is None:
        return claim.text()
    return f"{claim.text()} ({claim.text('counts')}; {claim.text('interval')})"
