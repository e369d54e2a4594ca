"""The README is true of the project: its commands exist, and nothing stays unmentioned."""

import re

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9-]+):.*## ", MAKEFILE, re.MULTILINE))


def test_every_make_target_stands_in_the_readme() -> None:
    missing = {target for target in TARGETS - {"help"} if f"make {target}" not in README}
    assert not missing


def test_every_make_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"make ([a-z0-9-]+)", README))
    assert named <= TARGETS


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:")):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "\nmake test " in script
    assert "make test" in README


def test_ci_signs_in_and_runs_the_demo_with_what_a_user_installs() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "\nmake test-local\n" in script
    assert "\nmake demo BIN=.venv-local/bin\n" in script
