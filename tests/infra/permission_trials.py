"""What was lost when each permission of the functions was taken away, as it was recorded."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.documents import cells
from tests.infra.permissions import Grant, grants, resource_id
from tests.infra.service_needs import service_needs
from tests.infra.template import Template

RESULTS = Path(__file__).parent / "permission_trials.json"


def recorded() -> dict[str, str]:
    """Return the behaviour that was lost, by grant; empty where none was."""
    if not RESULTS.exists():
        return {}
    results: dict[str, str] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def record(results: dict[str, str]) -> None:
    """Replace the recorded results."""
    text = json.dumps(results, indent=0, sort_keys=True, ensure_ascii=False)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def key_of(grant: Grant) -> str:
    """Return the grant as text that is the same for the stages, without its condition."""
    return str(replace(grant, resource=_of_any_stage(grant.resource), condition=""))


def lost_by_services(template: Template) -> dict[str, str]:
    """Return what is lost without each grant that AWS's services need, by grant."""
    return {
        key_of(Grant(role=need.role, action=need.action, resource=need.resource)): need.lost
        for need in service_needs(template)
    }


def _of_any_stage(resource: str) -> str:
    resource = resource_id(resource)
    resource = resource.replace("000000000000", "<account>").replace("us-east-1", "<region>")
    return re.sub(r"([-/])(local|prod)([-/])", r"\1<stage>\3", resource)


def table(template: Template, results: Mapping[str, str]) -> str:
    """Render every grant with what is lost without it; the trial's or the service's need."""
    by_services = lost_by_services(template)
    rows = [
        cells("role", "action", "resource", "without it", "how it is shown"),
        cells("---", "---", "---", "---", "---"),
    ]
    for grant in grants(template):
        key = key_of(grant)
        if key in by_services:
            lost, how = f"lost: {by_services[key]}", "needed by the service, from the template"
        else:
            lost, how = f"does not work: {results.get(key, '')}", "trial on the emulator"
        resource = _of_any_stage(grant.resource)
        rows.append(cells(grant.role, f"`{grant.action}`", f"`{resource}`", lost, how))
    return "\n".join(rows)
