"""One check of a stage: its question, its answer, and what to do about a problem."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.domain.errors import SconesError
from infra.operations.errors import OperationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from infra.operations.doctor.examined_stage import ExaminedStage

_FORBIDDEN = ("AccessDenied", "AuthorizationError", "Unauthorized", "Forbidden", "NotAuthorized")
_BUSY = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "ServiceUnavailable", "Internal")
# What reading an answer or a row of another form raises: it must not stop the other checks.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_AWS_ONLY = "the local stage has no {}"


class CheckStatus(StrEnum):
    """The result of a check."""

    OK = "ok"
    PROBLEM = "problem"
    NOT_CHECKABLE = "not_checkable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAnswer:
    """A status with what was seen, or the reason why nothing can be seen."""

    status: CheckStatus
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCheck:
    """A question about a stage. `answer` may raise errors of the SDK: `examine` converts them."""

    name: str
    question: str
    remedy: str  # what to do about a problem; one sentence
    answer: Callable[[ExaminedStage], CheckAnswer]
    aws_only: str = ""  # what only AWS has; empty: the local stage can be asked as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A check and its answer about one stage."""

    check: StageCheck
    answer: CheckAnswer

    @property
    def is_problem(self) -> bool:
        """Whether an operator has to act."""
        return self.answer.status is CheckStatus.PROBLEM


def ok(detail: str) -> CheckAnswer:
    """Return that all is as it should be; `detail` is the evidence."""
    return CheckAnswer(status=CheckStatus.OK, detail=detail)


def problem(detail: str) -> CheckAnswer:
    """Return that something is wrong."""
    return CheckAnswer(status=CheckStatus.PROBLEM, detail=detail)


def not_checkable(reason: str) -> CheckAnswer:
    """Return that the question has no answer here and now."""
    return CheckAnswer(status=CheckStatus.NOT_CHECKABLE, detail=reason)


def verdict_on(problems: Iterable[str], *, sound: str) -> CheckAnswer:
    """Return the problems in one answer, or `sound` without any."""
    listed = "; ".join(problems)
    return problem(listed) if listed else ok(sound)


def examine(check: StageCheck, stage: ExaminedStage) -> Diagnosis:
    """Ask one question. What the caller may not read, or nothing answers, is not checkable."""
    if check.aws_only and not stage.target.is_deployed:
        answer = not_checkable(_AWS_ONLY.format(check.aws_only))
    else:
        answer = _answer(check, stage)
    return Diagnosis(check=check, answer=answer)


def _answer(check: StageCheck, stage: ExaminedStage) -> CheckAnswer:
    try:
        return check.answer(stage)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if any(word in code for word in (*_FORBIDDEN, *_BUSY)):
            return not_checkable(str(error))
        return problem(str(error))
    except (BotoCoreError, OperationError) as error:
        return not_checkable(str(error))
    except SconesError as error:
        return problem(str(error))
    except _MALFORMED as error:
        return problem(f"the answer is malformed: {error!r}")
