"""Assemblies and templates of the stages, synthesized once a session if their inputs changed."""

import shutil
from pathlib import Path

import pytest

from infra.config import stage_file
from infra.operations.deployment.stage_lines import write_settings
from infra.synthesis.synth import synthesize, synthesize_account
from tests.infra.template import Template

ROOT = Path(__file__).parent.parent.parent
_ASSEMBLIES = ROOT / ".scones"

# Settings of a release; templates can be read with any image and any model.
RELEASE = {
    "model_image_uri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scones/serving:1",
    "model_data_url": "s3://scones-models/vehicle/20261101/model.tar.gz",
    "alarm_email": "operations@example.com",
    "page_email": "pager@example.com",
    "report_emails": "dispatch@example.com,quality@example.com",
}
NEXT_MODEL = {
    "model_image_uri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scones/serving:2",
    "model_data_url": "s3://scones-models/vehicle/20261201/model.tar.gz",
}
# Settings of an account; its file in the repository lacks what only its owner knows.
ACCOUNT = """
budget_usd_a_month = 150
budget_email = "operations@example.com"
github_repository = "scones-unlimited/photos"
github_stages = ["dev", "prod"]
"""
_SYNTHESIZED = {
    "account_template",
    *("assemblies", "changed_assembly", "dev_assembly", "local_assembly", "next_model_assembly"),
    "prod_assembly",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that read a template: they need Node."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & _SYNTHESIZED:
            item.add_marker(pytest.mark.synth)


@pytest.fixture(scope="session")
def local_assembly() -> Path:
    """The assembly that `make demo` deploys."""
    return synthesize("local", _ASSEMBLIES / "cdk.out.local")


@pytest.fixture(scope="session")
def prod_assembly() -> Path:
    return synthesize("prod", _ASSEMBLIES / "cdk.out.prod-in-tests", overrides=RELEASE)


@pytest.fixture(scope="session")
def changed_assembly() -> Path:
    """Stage local with two changed settings: type of the workflow, and writer of captures."""
    changes = {"workflow_type": "EXPRESS", "capture_writer": "classify"}
    return synthesize("local", _ASSEMBLIES / "cdk.out.changed-in-tests", overrides=changes)


@pytest.fixture(scope="session")
def dev_assembly() -> Path:
    """A sandbox that has recipients of mails, too."""
    return synthesize("dev", _ASSEMBLIES / "cdk.out.dev-in-tests", overrides=RELEASE)


@pytest.fixture(scope="session")
def next_model_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same sandbox after a roll-out: `scones deploy` has changed the model's lines."""
    folder = tmp_path_factory.mktemp("stages")
    shutil.copyfile(stage_file("dev"), stage_file("dev", folder=folder))
    recipients = {name: value for name, value in RELEASE.items() if "email" in name}
    write_settings("dev", {**NEXT_MODEL}, folder=folder)
    return synthesize(
        *("dev", _ASSEMBLIES / "cdk.out.next-in-tests"), overrides=recipients, stages=folder
    )


@pytest.fixture(scope="session")
def account_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template of the stack Account."""
    file = tmp_path_factory.mktemp("account") / "account.toml"
    file.write_text(ACCOUNT, encoding="utf-8")
    assembly = synthesize_account(_ASSEMBLIES / "cdk.out.account-in-tests", file=file)
    return assembly / "Scones-Account.template.json"


@pytest.fixture(scope="session")
def assemblies(local_assembly: Path, prod_assembly: Path) -> dict[str, Path]:
    return {"local": local_assembly, "prod": prod_assembly}


@pytest.fixture(params=["local", "prod"])
def pipeline(request: pytest.FixtureRequest, assemblies: dict[str, Path]) -> Template:
    """Stack Pipeline, of each stage in turn."""
    return Template.load(assemblies[request.param], request.param, "Pipeline")


@pytest.fixture(params=["local", "prod"])
def serving(request: pytest.FixtureRequest, assemblies: dict[str, Path]) -> Template:
    """Stack Serving, of each stage in turn."""
    return Template.load(assemblies[request.param], request.param, "Serving")


@pytest.fixture(params=["local", "prod"])
def both_stacks(
    request: pytest.FixtureRequest, assemblies: dict[str, Path]
) -> tuple[Template, Template]:
    """Pipeline and Serving of the same stage."""
    stage = request.param
    return (
        Template.load(assemblies[stage], stage, "Pipeline"),
        Template.load(assemblies[stage], stage, "Serving"),
    )


@pytest.fixture
def prod_pipeline(prod_assembly: Path) -> Template:
    return Template.load(prod_assembly, "prod", "Pipeline")


@pytest.fixture
def local_pipeline(local_assembly: Path) -> Template:
    return Template.load(local_assembly, "local", "Pipeline")


@pytest.fixture
def prod_serving(prod_assembly: Path) -> Template:
    return Template.load(prod_assembly, "prod", "Serving")


@pytest.fixture
def local_serving(local_assembly: Path) -> Template:
    return Template.load(local_assembly, "local", "Serving")
