"""`make audit`: nothing that could not be asked counts as sound. Tools are stand-ins here."""

import json
import os
import stat
from pathlib import Path

import pytest

from infra import audit as program
from infra.audit import AuditResult, AuditStatus, audit, worst

_SOUND = {"dependencies": [{"name": "uv", "version": "1", "vulns": []}]}
_SKIPPED = {"dependencies": [{"name": "uv", "skip_reason": "Dependency not found on PyPI"}]}
_VULNERABLE = {
    "dependencies": [
        {
            "name": "pillow",
            "version": "1",
            "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}],
        }
    ]
}
_NPM_SOUND = {"auditReportVersion": 2, "vulnerabilities": {}}
_NPM_VULNERABLE = {
    "auditReportVersion": 2,
    "vulnerabilities": {"tar": {"severity": "high"}},
}


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH; all that is in it are the stand-ins of a test."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(program, "_PIP_AUDIT", tmp_path / "pip-audit")
    return tmp_path


def put(tools: Path, name: str, *, output: object, errors: str = "", code: int = 0) -> None:
    """Make a tool that prints a document, or a text, and ends with a code."""
    text = output if isinstance(output, str) else json.dumps(output)
    (tools / f"{name}.out").write_text(text, encoding="utf-8")
    (tools / f"{name}.err").write_text(errors, encoding="utf-8")
    script = f'#!/bin/sh\n/bin/cat "{tools}/{name}.out"\n/bin/cat "{tools}/{name}.err" >&2\n'
    (tools / name).write_text(f"{script}exit {code}\n", encoding="utf-8")
    (tools / name).chmod(stat.S_IRWXU)


def statuses(*, image: str = "") -> dict[str, AuditStatus]:
    return {result.subject: result.status for result in audit(image=image)}


def test_sound_packages_are_sound(tools: Path) -> None:
    put(tools, "pip-audit", output=json.dumps(_SOUND) + "\nNo known vulnerabilities found\n")
    put(tools, "npm", output=_NPM_SOUND)
    results = list(audit(image=""))
    assert {result.status for result in results} == {AuditStatus.SOUND}
    locks = {path.name for path in (program.ROOT / "requirements").glob("*.lock")}
    assert {result.subject for result in results} == {*locks, "package-lock.json"}


def test_without_tools_nothing_is_audited(tools: Path) -> None:
    del tools
    results = list(audit(image="scones:1"))
    assert {result.status for result in results} == {AuditStatus.NOT_AUDITED}
    assert worst(results) == 3


@pytest.mark.parametrize(
    ("output", "code"),
    [
        (_SKIPPED, 0),  # pip-audit itself ends with 0
        ({"dependencies": []}, 0),
        ("", 1),
        ("Traceback", 1),
        ("[]", 0),
    ],
)
def test_python_packages_that_were_not_asked_about_are_not_sound(
    tools: Path, output: object, code: int
) -> None:
    put(tools, "pip-audit", output=output, errors="no route to host", code=code)
    put(tools, "npm", output=_NPM_SOUND)
    assert statuses()["local.lock"] is AuditStatus.NOT_AUDITED
    assert statuses()["package-lock.json"] is AuditStatus.SOUND


def test_a_registry_without_advisories_is_not_sound(tools: Path) -> None:
    put(tools, "pip-audit", output=_SOUND)
    put(tools, "npm", output={"message": "405 Method Not Allowed"}, code=1)
    assert statuses()["package-lock.json"] is AuditStatus.NOT_AUDITED


def test_a_vulnerability_is_worse_than_what_was_not_audited(tools: Path) -> None:
    put(tools, "pip-audit", output=_VULNERABLE, code=1)
    results = list(audit(image="scones:1"))
    (lock,) = (result for result in results if result.subject == "local.lock")
    assert lock.details == ("pillow 1: PYSEC-1, fixed in 2",)
    assert worst(results) == 1


def test_vulnerabilities_of_npm_are_listed(tools: Path) -> None:
    put(tools, "npm", output=_NPM_VULNERABLE, code=1)
    (npm,) = (result for result in audit(image="") if result.subject == "package-lock.json")
    assert (npm.status, npm.details) == (AuditStatus.VULNERABLE, ("tar: high",))


@pytest.mark.parametrize(
    ("scanner", "output", "status"),
    [
        ("trivy", {"Results": [{"Vulnerabilities": None}]}, AuditStatus.SOUND),
        (
            "trivy",
            {"Results": [{"Vulnerabilities": [{"PkgName": "a", "VulnerabilityID": "CVE-1"}]}]},
            AuditStatus.VULNERABLE,
        ),
        ("trivy", {}, AuditStatus.NOT_AUDITED),
        ("grype", {"matches": []}, AuditStatus.SOUND),
        (
            "grype",
            {"matches": [{"artifact": {"name": "a"}, "vulnerability": {"id": "CVE-1"}}]},
            AuditStatus.VULNERABLE,
        ),
        ("grype", "no such image", AuditStatus.NOT_AUDITED),
    ],
)
def test_an_image_is_scanned_by_the_scanner_there_is(
    tools: Path, scanner: str, output: object, status: AuditStatus
) -> None:
    put(tools, scanner, output=output)
    assert statuses(image="scones:1")["scones:1"] is status


def test_no_result_at_all_is_not_sound() -> None:
    sound = AuditResult(subject="a", status=AuditStatus.SOUND)
    assert worst([]) == 3
    assert worst([sound]) == 0


def test_the_program_ends_with_the_code_of_the_worst(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tools, "pip-audit", output=_SOUND)
    monkeypatch.setattr("sys.argv", ["audit"])
    assert program.main() == 3
    assert "could not be audited" in capsys.readouterr().out
    assert os.environ["PATH"] == str(tools)
