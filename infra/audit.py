"""`make audit`: known vulnerabilities in the locked packages and the serving image.

Asks OSV about the lock files (pip-audit), the npm registry about the CDK command line, and a
scanner (trivy or grype, whichever is installed) about an image. What could not be asked is never
counted as sound: a registry that knows no advisories, or no network, ends with code 3.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parent.parent
_PIP_AUDIT = ROOT / ".venv-audit" / "bin" / "pip-audit"
_OSV = "https://api.osv.dev/v1/query"
_TIMEOUT_S = 1800
_SCANNERS: Mapping[str, Sequence[str]] = {
    "trivy": ("image", "--quiet", "--scanners", "vuln", "--format", "json"),
    "grype": ("--quiet", "--output", "json"),
}


class AuditStatus(IntEnum):
    """The result of an audit, and the exit code of the program; the worst one counts."""

    SOUND = 0
    NOT_AUDITED = 3
    VULNERABLE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """What is known about one lock file or image."""

    subject: str
    status: AuditStatus
    details: tuple[str, ...] = ()


class NotAudited(Exception):
    """The tool is missing, gave no answer, or left something out; the message says which."""


def audit(*, image: str, osv_url: str = _OSV) -> Iterator[AuditResult]:
    """Yield a result for each lock file, and for the image if one is named."""
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        yield _result(lock.name, lambda lock=lock: _python(lock, osv_url))  # type: ignore[misc] # a default binds it
    yield _result("package-lock.json", _npm)
    if image:
        yield _result(image, lambda: _image(image))


def worst(results: Iterable[AuditResult]) -> AuditStatus:
    """Return VULNERABLE if anything is, else NOT_AUDITED if anything was not audited."""
    statuses = {result.status for result in results}
    for status in (AuditStatus.VULNERABLE, AuditStatus.NOT_AUDITED):
        if status in statuses:
            return status
    return AuditStatus.SOUND if statuses else AuditStatus.NOT_AUDITED


def _result(subject: str, vulnerabilities: Callable[[], list[str]]) -> AuditResult:
    try:
        details = vulnerabilities()
    except NotAudited as error:
        return AuditResult(subject=subject, status=AuditStatus.NOT_AUDITED, details=(str(error),))
    status = AuditStatus.VULNERABLE if details else AuditStatus.SOUND
    return AuditResult(subject=subject, status=status, details=tuple(details))


def _python(lock: Path, osv_url: str) -> list[str]:
    """Return the vulnerabilities of a lock file, as installed here. Raises: NotAudited.

    Packages that the lock file has for other systems only are not asked about.
    The service of the package index does not do: where the index knows no advisories, pip-audit
    reports every package as skipped and ends with code 0.
    """
    document = _json(
        _PIP_AUDIT,
        *("--requirement", lock, "--require-hashes", "--disable-pip"),
        *("--vulnerability-service", "osv", "--osv-url", osv_url),
        *("--format", "json", "--progress-spinner", "off"),
    )
    packages = document.get("dependencies")
    if not packages:
        raise NotAudited("pip-audit named no package")
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped:
        raise NotAudited(f"{len(skipped)} packages were skipped, such as {skipped[0]}")
    return [
        f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability.get('fix_versions', [])) or 'no version'}"
        for package in packages
        for vulnerability in package.get("vulns", [])
    ]


def _npm() -> list[str]:
    """Return the vulnerabilities of the CDK command line. Raises: NotAudited."""
    document = _json("npm", "audit", "--json", "--package-lock-only")
    if "auditReportVersion" not in document:
        raise NotAudited(str(document.get("message", "npm gave no report")))
    return [
        f"{name}: {entry.get('severity', '')}"
        for name, entry in sorted(document.get("vulnerabilities", {}).items())
    ]


def _image(image: str) -> list[str]:
    """Return the vulnerabilities of an image, by the first scanner there is. Raises: NotAudited."""
    name = next((name for name in _SCANNERS if shutil.which(name)), None)
    if name is None:
        raise NotAudited(f"none of {', '.join(_SCANNERS)} is installed")
    document = _json(name, *_SCANNERS[name], image)
    if name == "trivy":
        if "Results" not in document:
            raise NotAudited("trivy scanned nothing")
        entries = [
            entry for part in document["Results"] for entry in part.get("Vulnerabilities") or []
        ]
        return [f"{entry['PkgName']}: {entry['VulnerabilityID']}" for entry in entries]
    if "matches" not in document:
        raise NotAudited("grype scanned nothing")
    return [
        f"{match['artifact']['name']}: {match['vulnerability']['id']}"
        for match in document["matches"]
    ]


def _json(program: str | Path, *arguments: str | Path) -> dict[str, Any]:  # Any: JSON
    """Run a tool and parse its output, whatever its exit code. Raises: NotAudited."""
    name = Path(program).name
    try:
        result = subprocess.run(  # noqa: S603 # tools of this list, arguments of this module
            [program, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        # pip-audit writes its summary behind the document.
        document, _ = json.JSONDecoder().raw_decode(result.stdout.lstrip())
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAudited(f"{name} did not run: {error}") from error
    except ValueError as error:
        last = (result.stderr.strip().splitlines() or ["no output"])[-1]
        raise NotAudited(f"{name}: {last[:200]}") from error
    if not isinstance(document, dict):
        raise NotAudited(f"{name} gave no document")
    return document


def _lines(results: Sequence[AuditResult]) -> Iterator[str]:
    words = {
        AuditStatus.SOUND: "no known vulnerability",
        AuditStatus.NOT_AUDITED: "could not be audited",
        AuditStatus.VULNERABLE: "VULNERABLE",
    }
    for result in results:
        yield f"{result.subject}: {words[result.status]}"
        yield from (f"  {detail}" for detail in result.details)
    if any(result.status is AuditStatus.NOT_AUDITED for result in results):
        yield "Something could not be audited: this run proves nothing about it."


def main() -> int:
    """Audit and print; the exit code is that of the worst result."""
    parser = argparse.ArgumentParser(
        description="Look for known vulnerabilities. Exit code: 0 none, 1 some, "
        "3 something could not be audited."
    )
    parser.add_argument("--image", default="", help="also scan this container image")
    parser.add_argument("--osv-url", default=_OSV, help="another OSV service")
    options = parser.parse_args()
    results = list(audit(image=options.image, osv_url=options.osv_url))
    sys.stdout.writelines(f"{line}\n" for line in _lines(results))
    return worst(results)


if __name__ == "__main__":
    raise SystemExit(main())
