"""The settings of an account, in one committed file, `account.toml`: its budget and its deployers.

Stages have files of their own (`infra/config.py`). This module does not import CDK.
"""

import re
import tomllib
from pathlib import Path

import msgspec

from infra.config import STAGES_FOLDER, InvalidConfig

ACCOUNT_FILE = STAGES_FOLDER.parent / "account.toml"

_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_STAGE = re.compile(r"[a-z][a-z0-9-]*")


class AccountConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the stack `Account`; every field is a line of the file, with the same name."""

    # None: those of the credentials.
    account: str | None = None  # twelve digits
    region: str | None = None  # of the stages, like eu-central-1
    # Of the whole account. None: no budget; some Regions have no resource type for it.
    budget_usd_a_month: float | None = None
    budget_email: str = ""  # is notified at 80 % and 100 % of it, and of a forecast above it
    github_repository: str  # OWNER/NAME
    # Each gets a role, which jobs of the GitHub environment with the stage's name can assume.
    github_stages: tuple[str, ...]
    # An account has one identity provider for GitHub; false where another stack made it.
    creates_github_provider: bool = True

    def check(self) -> None:
        """Check ranges and formats of all settings. Raises: InvalidConfig."""
        if self.budget_usd_a_month is not None:
            if not 1 <= self.budget_usd_a_month < float("inf"):
                raise InvalidConfig("account.toml: budget_usd_a_month must be at least 1")
            self._check_text("budget_email", _EMAIL)
        self._check_text("github_repository", _REPOSITORY)
        for name, pattern in (("account", _ACCOUNT), ("region", _REGION)):
            if getattr(self, name) is not None:
                self._check_text(name, pattern)
        for stage in self.github_stages:
            if not _STAGE.fullmatch(stage):
                raise InvalidConfig(f"account.toml: {stage!r} in github_stages is not a stage")

    def _check_text(self, name: str, pattern: re.Pattern[str]) -> None:
        value = getattr(self, name)
        if not pattern.fullmatch(value):
            problem = f"is {value!r}, which is not valid" if value else "is not set"
            raise InvalidConfig(f"account.toml: {name} {problem}; fill in its line")


def account_config(file: Path = ACCOUNT_FILE) -> AccountConfig:
    """Return the checked settings of the file. Raises: InvalidConfig."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
        config = msgspec.convert(values, AccountConfig)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidConfig(f"{file.name} cannot be read: {error}") from error
    except msgspec.ValidationError as error:
        raise InvalidConfig(f"{file.name}: {error}") from error
    config.check()
    return config
