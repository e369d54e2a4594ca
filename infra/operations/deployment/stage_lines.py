"""Changes lines of a stage's file, and nothing else in it.

The file remains the only source of the settings: a command that rolls a model out or back writes
the model's lines and then deploys the file.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from infra.config import InvalidConfig, stage_config, stage_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def write_settings(
    stage: str, values: Mapping[str, str | Sequence[str]], *, folder: Path
) -> list[str]:
    """Give settings new values in the file, and return what changed, a sentence a setting.

    A setting without a line gets one at the end of the file. The file is unchanged if the result
    would not be valid. Raises: InvalidConfig, OSError.
    """
    file = stage_file(stage, folder=folder)
    before = file.read_text(encoding="utf-8")
    after, changes = before, []
    for name, value in values.items():
        line = f"{name} = {json.dumps(value if isinstance(value, str) else list(value))}"
        match = _line_of(name).search(after)
        if match is None:
            after = f"{after.rstrip()}\n{line}\n"
        elif match[0].strip() != line:
            after = f"{after[: match.start()]}{line}{after[match.end() :]}"
        else:
            continue
        changes.append(line)
    if not changes:
        return []
    file.write_text(after, encoding="utf-8")
    try:
        stage_config(stage, folder=folder)
    except InvalidConfig:
        file.write_text(before, encoding="utf-8")
        raise
    return changes


def _line_of(name: str) -> re.Pattern[str]:
    """Match a setting that is a text, or a list of texts, which may span lines."""
    return re.compile(rf"^{name}[ \t]*=[ \t]*(?:\[[^\]]*\]|\"[^\"\n]*\")", re.MULTILINE)
