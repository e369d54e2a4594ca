"""Checks the templates of stage prod with checkov: `make checkov`.

Every finding must be in tests/infra/checkov.toml with a reason, and every entry there must still
have a finding. checkov is installed apart, because it is large and pins much.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.synthesis.synth import synthesize
from tests.conftest import ROOT
from tests.infra.conftest import RELEASE
from tests.infra.template import short_id

ACCEPTED = ROOT / "tests" / "infra" / "checkov.toml"
_PROGRAM = ROOT / ".venv-checkov" / "bin" / "checkov"
_OPTIONS = ("--framework", "cloudformation", "--output", "json", "--compact", "--skip-download")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class FailedCheck:
    """One failed check of one resource."""

    check: str
    type: str
    logical_id: str  # without CDK's hash
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One entry of the list; without `only` it covers all resources of the type."""

    check: str
    type: str
    reason: str
    only: tuple[str, ...] = ()

    def covers(self, finding: FailedCheck) -> bool:
        """Whether the finding is accepted by this entry."""
        of_kind = (self.check, self.type) == (finding.check, finding.type)
        return of_kind and (not self.only or finding.logical_id in self.only)


def acceptances() -> list[Acceptance]:
    """Return the entries of the list."""
    entries = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))["accepted"]
    return [Acceptance(**{**entry, "only": tuple(entry.get("only", ()))}) for entry in entries]


def problems(findings: Iterable[FailedCheck], accepted: Iterable[Acceptance]) -> Iterator[str]:
    """Yield a line for each finding that is not accepted, and each entry that covers less."""
    findings, accepted = sorted(findings), list(accepted)
    for finding in findings:
        if not any(entry.covers(finding) for entry in accepted):
            yield f"not accepted: {finding.check} {finding.logical_id}: {finding.title}"
    for entry in accepted:
        covered = {finding.logical_id for finding in findings if entry.covers(finding)}
        if not covered or set(entry.only) - covered:
            superfluous = ", ".join(sorted(set(entry.only) - covered)) or entry.type
            yield f"superfluous entry: {entry.check} {superfluous}"


def findings_in(reports: list[dict[str, Any]]) -> Iterator[FailedCheck]:  # Any: checkov's JSON
    """Yield the findings of checkov's reports."""
    for report in reports:
        for failed in report["results"]["failed_checks"]:
            kind, _, logical_id = failed["resource"].rpartition(".")
            yield FailedCheck(
                check=failed["check_id"],
                type=kind,
                logical_id=short_id(logical_id),
                title=failed["check_name"],
            )


def main() -> None:
    """Synthesize, run checkov, and exit with 1 if there is a problem."""
    assembly = synthesize("prod", ROOT / ".scones" / "cdk.out.prod-in-tests", overrides=RELEASE)
    findings = list(findings_in(_run_checkov(assembly)))
    lines = list(problems(findings, acceptances()))
    print(*lines, f"{len(findings)} findings, {len(lines)} problems", sep="\n")  # noqa: T201 # its result
    sys.exit(1 if lines else 0)


def _run_checkov(assembly: Path) -> list[dict[str, Any]]:
    templates = sorted(str(path) for path in assembly.glob("*.template.json"))
    result = subprocess.run(
        [_PROGRAM, *_OPTIONS, "--file", *templates], capture_output=True, text=True, check=False
    )
    if not result.stdout:
        sys.exit(f"checkov failed: {result.stderr[-2000:]}")
    reports = json.loads(result.stdout)
    return reports if isinstance(reports, list) else [reports]


if __name__ == "__main__":
    main()
