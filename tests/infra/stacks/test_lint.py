"""The templates are valid by CloudFormation's own schemas."""

import subprocess
import sys
from pathlib import Path

# W3005: a redundant DependsOn, which CDK writes for roles and their policies.
_IGNORED = "W3005"


def test_cfn_lint_has_no_findings(assemblies: dict[str, Path]) -> None:
    templates = [
        str(path) for folder in assemblies.values() for path in folder.glob("*.template.json")
    ]
    assert len(templates) == 4
    result = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "-i", _IGNORED, "-t", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr
