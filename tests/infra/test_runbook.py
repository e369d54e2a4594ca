"""Every alarm has a page in the runbook, every page an alarm, and its commands exist."""

import re
from pathlib import Path

import pytest

from tests import aws_commands
from tests.conftest import ROOT
from tests.infra.alarms import alarms_of, text_of
from tests.infra.template import Template

PAGES = sorted((ROOT / "docs" / "runbook").glob("*.md"))
HEADINGS = ["What it means for drivers", "Check", "Remedy", "Verified"]
LONGEST_PAGE = 40  # lines: it is read at night
# Of stages with off-hours; tests/infra/constructs/test_endpoint_hours.py compares the names.
OF_OFF_HOURS = {"EndpointNotOpened.md"}
COMMANDS = sorted({tuple(words) for page in PAGES for words in aws_commands.aws_commands_of(page)})


def test_every_alarm_has_a_page_and_every_page_an_alarm(
    both_stacks: tuple[Template, Template],
) -> None:
    pages = {
        ROOT / text_of(alarm).page
        for template in both_stacks
        for alarm in alarms_of(template).values()
    }
    assert pages == {page for page in PAGES if page.name not in OF_OFF_HOURS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_answers_the_same_questions(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert len(text.splitlines()) <= LONGEST_PAGE


def test_every_aws_command_of_the_runbook_exists() -> None:
    assert len(COMMANDS) > len(PAGES)
    for words in COMMANDS:
        aws_commands.check(list(words))


@pytest.mark.parametrize(
    "command",
    [
        "aws sqs recieve-message --queue-url QUEUE",
        "aws sqs receive-message --queue QUEUE",
        "aws squeues receive-message",
        "aws logs tail GROUP --from 1h",
        "aws sqs",
    ],
)
def test_an_aws_command_that_does_not_exist_is_refused(command: str) -> None:
    with pytest.raises(aws_commands.NoSuchCommand):
        aws_commands.check(command.split())


def test_aws_commands_are_found_in_shell_blocks_and_in_sentences(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(
        "Call `aws sns publish --topic-arn T`.\n```sh\n"
        'QUEUE=$(aws sqs get-queue-url --queue-name "Q" --query "[?a(b,\'c\')]")\n'
        'aws sqs receive-message --queue-url "$QUEUE"   # a comment\n```\n',
        encoding="utf-8",
    )
    assert [words[1:3] for words in aws_commands.aws_commands_of(document)] == [
        ["sqs", "get-queue-url"],
        ["sqs", "receive-message"],
        ["sns", "publish"],
    ]
