"""Invalid settings of an account are refused before synthesis, with one sentence."""

from pathlib import Path

import pytest

from infra.account_config import ACCOUNT_FILE, AccountConfig, account_config
from infra.config import STAGES, InvalidConfig
from tests.infra.conftest import ACCOUNT


def a_file(folder: Path, text: str) -> Path:
    file = folder / "account.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_complete_file_is_read(tmp_path: Path) -> None:
    assert account_config(a_file(tmp_path, ACCOUNT)) == AccountConfig(
        budget_usd_a_month=150,
        budget_email="operations@example.com",
        github_repository="scones-unlimited/photos",
        github_stages=("dev", "prod"),
    )


def test_the_committed_file_lacks_only_what_its_owner_knows(tmp_path: Path) -> None:
    text = ACCOUNT_FILE.read_text(encoding="utf-8")
    with pytest.raises(InvalidConfig, match="budget_email is not set; fill in its line"):
        account_config(ACCOUNT_FILE)
    for line in ACCOUNT.strip().splitlines():
        name = line.partition(" ")[0]
        text = text.replace(f'{name} = ""', line)
    config = account_config(a_file(tmp_path, text))
    assert set(config.github_stages) == set(STAGES) - {"local"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("budget_usd_a_month = 0", "budget_usd_a_month must be at least 1"),
        ('budget_email = "operations"', "budget_email is 'operations', which is not valid"),
        ('github_repository = "photos"', "github_repository is 'photos', which is not valid"),
        ('github_repository = "a/b:ref:*"', "github_repository is 'a/b:ref:\\*', which is not"),
        ('github_stages = ["prod*"]', "'prod\\*' in github_stages is not a stage"),
        ('account = "12"', "account is '12', which is not valid"),
        ('region = "Frankfurt"', "region is 'Frankfurt', which is not valid"),
        ("budget_euro = 1", "unknown field `budget_euro`"),
        ("budget_usd_a_month = ", "account.toml cannot be read"),
    ],
)
def test_an_invalid_setting_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    name = line.partition(" ")[0]
    others = [other for other in ACCOUNT.splitlines() if not other.startswith(f"{name} ")]
    with pytest.raises(InvalidConfig, match=sentence):
        account_config(a_file(tmp_path, "\n".join([*others, line])))


def test_an_account_needs_no_budget(tmp_path: Path) -> None:
    """CloudFormation offers budgets in some Regions only."""
    lines = [line for line in ACCOUNT.splitlines() if not line.startswith("budget_")]
    assert account_config(a_file(tmp_path, "\n".join(lines))).budget_usd_a_month is None
