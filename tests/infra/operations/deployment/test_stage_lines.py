"""A command changes the lines that it is asked to change, and nothing else of the file."""

from pathlib import Path

import pytest

from infra.config import InvalidConfig, stage_config
from infra.operations.deployment.stage_lines import write_settings
from tests.infra.conftest import RELEASE

TEXT = f"""# A comment about alarm_email = "x".
is_durable = false
model_image_uri = "{RELEASE["model_image_uri"]}"  # the container
model_data_url = "{RELEASE["model_data_url"]}"
model_manifests = [
    "training/shipped/manifest.json",
]
time_zone = "UTC"
"""
NEXT = "s3://scones-models/vehicle/20261201/model.tar.gz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "try.toml").write_text(TEXT, encoding="utf-8")
    return tmp_path


def text_of(folder: Path) -> str:
    return (folder / "try.toml").read_text(encoding="utf-8")


def test_only_the_lines_of_changed_settings_change(folder: Path) -> None:
    values = {"model_image_uri": RELEASE["model_image_uri"], "model_data_url": NEXT}
    assert write_settings("try", values, folder=folder) == [f'model_data_url = "{NEXT}"']
    assert text_of(folder) == TEXT.replace(RELEASE["model_data_url"], NEXT)


def test_a_list_over_several_lines_is_replaced_as_a_whole(folder: Path) -> None:
    manifests = ["training/shipped/manifest.json", "build/next/manifest.json"]
    write_settings("try", {"model_manifests": manifests}, folder=folder)
    assert stage_config("try", folder=folder).model_manifests == tuple(manifests)
    assert text_of(folder).count("\n") == TEXT.count("\n") - 2


def test_a_setting_without_a_line_gets_one(folder: Path) -> None:
    write_settings("try", {"alarm_email": "ops@example.com"}, folder=folder)
    assert text_of(folder) == f'{TEXT}alarm_email = "ops@example.com"\n'


def test_a_file_that_would_not_be_valid_is_left_as_it_was(folder: Path) -> None:
    with pytest.raises(InvalidConfig, match="model_data_url"):
        write_settings("try", {"model_data_url": "https://example.com/m.tar.gz"}, folder=folder)
    assert text_of(folder) == TEXT
