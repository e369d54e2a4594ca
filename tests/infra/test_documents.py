"""The documents' workflow graph and alarm table agree with the deployed templates."""

from pathlib import Path

import pytest

from tests import documents
from tests.infra import permission_trials
from tests.infra.alarms import alarms_of
from tests.infra.runbook import runbook
from tests.infra.template import Template, machine_definition
from tests.infra.workflow_graph import graph


def test_the_graph_of_the_workflow_is_current(prod_pipeline: Template) -> None:
    definition = machine_definition(prod_pipeline)
    documents.matches("docs/architecture.md", "workflow", graph(definition))


def test_the_runbook_lists_every_alarm(prod_pipeline: Template, prod_serving: Template) -> None:
    alarms = alarms_of(prod_pipeline) | alarms_of(prod_serving)
    documents.matches("docs/operations.md", "alarms", runbook(alarms))


def test_the_table_of_permissions_is_current(
    prod_pipeline: Template, prod_serving: Template
) -> None:
    for section, template in (("pipeline", prod_pipeline), ("serving", prod_serving)):
        text = permission_trials.table(template, permission_trials.recorded())
        documents.matches("docs/permissions.md", section, text)


def test_a_stale_section_fails(prod_pipeline: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCONES_UPDATE_SNAPSHOTS", raising=False)
    definition = machine_definition(prod_pipeline)
    del definition["States"]["Duplicate"]
    with pytest.raises(AssertionError, match="stale"):
        documents.matches("docs/architecture.md", "workflow", graph(definition))


def test_writing_a_section_does_not_change_the_rest(tmp_path: Path) -> None:
    text = "before\n<!-- generated: x -->\n\n{}\n\n<!-- end of x -->\nafter\n"
    document = tmp_path / "a.md"
    document.write_text(text.format("old"), encoding="utf-8")
    assert documents.replaced(document, "x", "new") == text.format("new")
