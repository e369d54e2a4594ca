"""The templates are valid by CloudFormation's own schemas, in every Region of the documents."""

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

# W3005: a redundant DependsOn, which CDK writes for roles and their policies.
_IGNORED = "W3005"


def test_cfn_lint_has_no_findings(assemblies: dict[str, Path]) -> None:
    templates = [
        str(path) for folder in assemblies.values() for path in folder.glob("*.template.json")
    ]
    assert len(templates) == 4
    result = subprocess.run(
        [
            Path(sys.executable).with_name("cfn-lint"),
            *("--ignore-checks", _IGNORED, "--regions", *_documented_regions()),
            *("--template", *templates),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def _documented_regions() -> list[str]:
    """Return the Regions in which docs/deploying.md promises that the templates are valid."""
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    promised = text.partition("## Regions")[2].partition("Not in China")[0]
    regions = re.findall(r"`([a-z]+(?:-[a-z]+)+-\d)`", promised)
    assert "us-east-1" in regions
    return regions
