"""What a change does to the templates of production: `make template-diff BASE=<commit>`.

Compares the snapshots of the templates with those of another commit and prints Markdown. Tests
hold the snapshots against the synthesized templates, so that nothing is synthesized here.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tests.conftest import ROOT

Json = dict[str, Any]  # CloudFormation is JSON
SNAPSHOTS = "tests/infra/snapshots"
TEMPLATES = ("pipeline.prod.json", "serving.prod.json", "account.json")
# Without the code of functions: its hash is not in the snapshots.
_NOTE = "Resources of the templates of production; new code alone changes none of them.\n"


def main() -> None:
    """Print the differences of each template since a commit."""
    parser = argparse.ArgumentParser(prog="python -m tests.template_diff", description=__doc__)
    parser.add_argument("base", help="commit to compare with")
    base = parser.parse_args().base
    texts = [_NOTE]
    for name in TEMPLATES:
        after = json.loads((ROOT / SNAPSHOTS / name).read_text(encoding="utf-8"))
        texts.append(section(name, _template_of(base, name), after))
    sys.stdout.write("\n".join(texts))


def section(name: str, before: Json, after: Json) -> str:
    """Return the changes of one template as a section of Markdown."""
    lines = list(changes(before.get("Resources", {}), after["Resources"]))
    return "\n".join([f"## {name}", "", *(lines or ["No changes."]), ""])


def changes(before: Json, after: Json) -> Iterator[str]:
    """Yield a line for each resource that is added, removed or changed."""
    for logical_id in sorted(before.keys() | after.keys()):
        resource = after[logical_id] if logical_id in after else before[logical_id]
        label = f"`{logical_id}` ({resource['Type']})"
        if logical_id not in before:
            yield f"- added: {label}"
        elif logical_id not in after:
            yield f"- **removed**: {label}"
        elif paths := list(_differing(before[logical_id], after[logical_id])):
            yield f"- changed: {label}: {', '.join(f'`{path}`' for path in paths)}"


def _differing(before: object, after: object, above: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            path = f"{above}.{key}" if above else str(key)
            yield from _differing(before.get(key), after.get(key), path)
    elif before != after:
        yield above


def _template_of(commit: str, name: str) -> Json:
    """Return a snapshot of another commit; an empty template if it had none."""
    path = f"{SNAPSHOTS}/{name}"
    known = _git("ls-tree", "--name-only", commit, path)
    template: Json = json.loads(_git("show", f"{commit}:{path}")) if known.strip() else {}
    return template


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"error: {result.stderr.strip()}")
    return result.stdout


if __name__ == "__main__":
    main()
