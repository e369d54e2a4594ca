"""`scones forget`: the order in which a driver is erased, and the passes that make it last.

First the account and the permissions, so that nothing new is allowed; then tombstones, which end
executions, late events and verdicts; then everything else, and last the photos, by whose versions
an interrupted run is continued. What was in flight may have written meanwhile: passes are repeated,
after what was allowed or running has ended, until one of them meets nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.aws.queue import Queue
from handlers.domain.errors import InvalidRecord
from handlers.domain.ledger.identity import CANARY_DRIVER
from handlers.domain.ledger.rows import FINAL_STATUSES
from handlers.domain.ledger.schema import PhotoAttribute
from infra.config import STAGES, StageConfig
from infra.operations.erasure.buckets import ErasedBuckets
from infra.operations.erasure.certificate import Certificate, driver_hash
from infra.operations.erasure.stores import stores
from infra.operations.erasure.tables import ErasedTables
from infra.operations.erasure.traces import Traces
from infra.operations.errors import InvalidDriver
from monitoring.reconciliation.row_parser import record_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.operations.erasure.tables import Item
    from infra.operations.target import Target

MOST_PASSES = 5
# After a change, labels and events are written from the stream: a second, unless it is behind.
STREAM_WAIT = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=15)  # longer than an execution, and than a permission holds
_POLL_S = 2.0
_EVERY_MESSAGE = 1_000_000
_RECEIPT_IS_OVER = {"ReceiptHandleIsInvalid", "InvalidParameterValue"}
_NOT_DESCRIBED = {  # an Express execution, or one that is forgotten
    "ExecutionDoesNotExist",
    "InvalidArn",
    "ValidationException",
}
_QUEUES = {  # outputs by store
    "Review": "ReviewQueueUrl",
    "ReviewDeadLetters": "ReviewDeadLettersUrl",
    "Failures": "FailuresQueueUrl",
    "IntakeDeadLetters": "IntakeDeadLettersUrl",
}


@dataclass(slots=True, kw_only=True)
class _Pass:
    """What one pass has erased, and what may still write afterwards."""

    erased: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    executions: list[str] = field(default_factory=list)  # ARNs that may run
    open_until: datetime | None = None  # the last permission to upload


@dataclass(slots=True, kw_only=True)
class Erasure:
    """Erases one driver from one stage; with `dry_run` it only counts.

    Raises: InvalidDriver, OutdatedStack, ClientError, BotoCoreError.
    """

    target: Target
    driver_id: str
    dry_run: bool = False
    stream_wait: timedelta = STREAM_WAIT
    pause: Callable[[float], None] = time.sleep
    report: Callable[[str], None] = lambda _: None

    def run(self) -> Certificate:
        """Erase, pass by pass, and return the certificate. A further run erases what is new."""
        _check_driver(self.driver_id)
        began_at = datetime.now(UTC)
        traces, client = Traces(driver_id=self.driver_id), self.target.session.client
        tables = ErasedTables(
            target=self.target, dynamodb=client("dynamodb"), traces=traces, dry_run=self.dry_run
        )
        buckets = ErasedBuckets(
            target=self.target, s3=client("s3"), traces=traces, dry_run=self.dry_run
        )
        erased: Counter[str] = Counter()
        refused, is_complete, passes = 0, False, 0
        while passes < (1 if self.dry_run else MOST_PASSES) and not is_complete:
            result = self._pass(tables, buckets)
            passes += 1
            erased.update(result.erased)
            refused += result.refused
            is_complete = not result.erased.total()
            if not is_complete and not self.dry_run:
                self.report(f"pass {passes}: {result.erased.total()} records erased")
                self._wait_for(result)
        config = STAGES.get(self.target.stage) or StageConfig(stage=self.target.stage)
        return Certificate(
            stage=self.target.stage,
            driver_hash=driver_hash(self.driver_id, salt=self._salt()),
            began_at=began_at,
            ended_at=datetime.now(UTC),
            dry_run=self.dry_run,
            is_complete=is_complete,
            passes=passes,
            erased=erased,
            training_refused=refused,
            stores=stores(
                log_days=config.log_retention_days,
                access_log_days=config.access_log_retention_days,
            ),
        )

    def _pass(self, tables: ErasedTables, buckets: ErasedBuckets) -> _Pass:
        result = _Pass()
        erased = result.erased
        erased["DriversPool"] += self._erase_account()
        erased["Uploads"], result.open_until = tables.erase_uploads()
        rows, versions = tables.find_photos(), buckets.find_photos()
        bucket, now = self.target.output("IntakeBucket"), datetime.now(UTC)
        # A version without a row gets a tombstone as well: its event may be on the way.
        unclaimed = {item.photo_id(bucket) for item in versions if not item.is_marker}
        with_row = {row[PhotoAttribute.PHOTO_ID] for row in rows}
        for photo_id in sorted(with_row | unclaimed):
            tables.bury(photo_id, at=now)
        erased["Photos"] += len(rows)
        result.executions = [row[PhotoAttribute.EXECUTION_ARN] for row in rows if _may_run(row)]
        erased["Assignments"] += tables.erase_assignment()
        erased["Labels"] += buckets.erase_labels()
        erased["Capture"] += buckets.erase_captures()
        erased["Reports"] += buckets.erase_from_reports() + buckets.erase_checkpoint()
        erased["Reviewers"] += tables.erase_known_items()
        erased["Requests"] += tables.erase_requests()
        erased.update(self._erase_messages(tables.traces))
        erased["Review"] += self._erase_leased(rows)
        result.refused = buckets.refuse_in_training(versions)
        erased["Intake"] += buckets.erase_photos(versions)
        return result

    def _erase_account(self) -> int:
        cognito = self.target.session.client("cognito-idp")
        account = {"UserPoolId": self.target.output("DriversPoolId"), "Username": self.driver_id}
        try:
            cognito.admin_get_user(**account)
            if not self.dry_run:
                cognito.admin_delete_user(**account)
        except cognito.exceptions.UserNotFoundException:
            return 0
        return 1

    def _erase_messages(self, traces: Traces) -> dict[str, int]:
        sqs = self.target.session.client("sqs")
        queues = [Queue(sqs, url=self.target.output(output)) for output in _QUEUES.values()]
        with ThreadPoolExecutor() as pool:  # each waits a second for further messages
            counts = pool.map(lambda queue: self._erase_from_queue(queue, traces), queues)
            return dict(zip(_QUEUES, counts, strict=True))

    def _erase_from_queue(self, queue: Queue, traces: Traces) -> int:
        if self.dry_run:
            return sum(map(traces.are_in_message, queue.peek()))
        return queue.discard(traces.are_in_message, count=_EVERY_MESSAGE)

    def _erase_leased(self, rows: list[Item]) -> int:
        """Delete the messages that reviewers hold: they are hidden, and the rows have their keys.

        A receipt that no longer holds is ignored: its message is visible and was deleted.
        """
        sqs, url = self.target.session.client("sqs"), self.target.output("ReviewQueueUrl")
        receipts = [receipt for row in rows if (receipt := row.get(PhotoAttribute.LEASE_RECEIPT))]
        deleted = 0
        for receipt in receipts if not self.dry_run else ():
            try:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=receipt)
                deleted += 1
            except ClientError as error:
                if error.response["Error"]["Code"] not in _RECEIPT_IS_OVER:
                    raise
        return deleted

    def _wait_for(self, result: _Pass) -> None:
        """Wait until permissions have lapsed and executions have ended, and for the stream."""
        end = datetime.now(UTC) + _LONGEST_WAIT
        if result.open_until and result.open_until > datetime.now(UTC):
            until = min(result.open_until, end)
            self.report(f"waits until {until:%H:%M:%S} UTC, when upload permissions have lapsed")
            self.pause((until - datetime.now(UTC)).total_seconds())
        while datetime.now(UTC) < end and any(map(self._is_running, result.executions)):
            self.pause(_POLL_S)
        self.pause(self.stream_wait.total_seconds())

    def _is_running(self, arn: str) -> bool:
        steps = self.target.session.client("stepfunctions")
        try:
            return bool(steps.describe_execution(executionArn=arn)["status"] == "RUNNING")
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_DESCRIBED:
                raise
            return False

    def _salt(self) -> str:
        secrets: Any = self.target.session.client("secretsmanager")
        name = self.target.output("AuditSaltSecret")
        return str(secrets.get_secret_value(SecretId=name)["SecretString"])


def _may_run(item: Item) -> bool:
    try:
        return record_of(item).status not in FINAL_STATUSES
    except InvalidRecord:
        return False


def _check_driver(driver_id: str) -> None:
    """Raises: InvalidDriver."""
    if not driver_id or "/" in driver_id or driver_id.startswith("."):
        raise InvalidDriver(f"{driver_id!r} cannot be a driver: it is one segment of an object key")
    if driver_id == CANARY_DRIVER:
        raise InvalidDriver(f"{driver_id} is not a person: its photos try deployments")
