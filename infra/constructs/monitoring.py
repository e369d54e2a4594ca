"""Sweeper, drain and daily report: their bucket, topic, schedules, settings and permissions."""

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.domain.ledger.schema import BY_HOUR, BY_PENDING, BY_REVIEW
from handlers.import_closure import ROOT
from infra.config import StageConfig
from infra.constructs.buckets import Expiry, PrivateBucket
from infra.constructs.data_capture import CAPTURE_PREFIX, DataCapture
from infra.constructs.functions import Functions
from infra.constructs.intake import Intake
from infra.constructs.ledger import Ledger, index_arns
from infra.constructs.ledger_stream import LedgerStream
from infra.constructs.operator_controls import OperatorControls
from infra.constructs.queues import DeadLetterQueue, Queues
from infra.constructs.schedules import Schedule
from infra.constructs.workflow import Workflow
from infra.policy_document import class_order
from infra.state_machine import STUCK_AFTER_S
from monitoring.reconciliation.bucket_walk import CHECKPOINT_KEY
from monitoring.reconciliation.repair_plan import RepairDeadlines

SWEEPER_PREFIX = "sweeper/"
REPORTS_PREFIX = "reports/"
REPORT_PREFIXES = (REPORTS_PREFIX, "history/", "baselines/", "queues/")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredResources:
    """The constructs that sweeper, drain and report read, and that the first two repair."""

    intake: Intake
    capture: DataCapture
    ledger: Ledger
    queues: Queues
    workflow: Workflow
    ledger_stream: LedgerStream
    controls: OperatorControls


class Monitoring(Construct):
    """The reports' bucket, the topic of their readers, and the schedules."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        functions: Functions,
        monitored: MonitoredResources,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id)
        self._config, self._monitored = config, monitored
        self._sweeper, self._report = functions["sweeper"], functions["report"]
        self._drain = functions["drain"]
        self.reports = PrivateBucket(
            self,
            "Bucket",
            config=config,
            logical_id="Reports",
            access_logs=access_logs,
            expiry=Expiry(after_days=config.report_retention_days),
        )
        # Pages and lists show photos of drivers; history and baselines do not.
        self.reports.add_lifecycle_rule(
            id="ExpirePages",
            prefix=REPORTS_PREFIX,
            expiration=Duration.days(config.thumbnail_retention_days),
        )
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True)
        for email in config.report_emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        self.dead_letters = DeadLetterQueue(
            self, "DeadLetters", config=config, logical_id="ScheduleDeadLetters"
        )
        # A group of the stage's own: the metrics of schedules are counted by group.
        self.schedules = scheduler.ScheduleGroup(
            self,
            "Schedules",
            schedule_group_name=f"scones-{config.stage}",
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._connect_sweeper()
        self._connect_drain()
        self._connect_report()
        self._schedule()

    def _connect_sweeper(self) -> None:
        monitored, sweeper = self._monitored, self._sweeper
        sweeper.set_environment(
            intake_bucket=monitored.intake.bucket.bucket_name,
            photos_table=monitored.ledger.photos.table_name,
            state_machine_arn=monitored.workflow.machine.state_machine_arn,
            review_queue_url=monitored.queues.review.queue_url,
            failures_queue_url=monitored.queues.failures.queue_url,
            reports_bucket=self.reports.bucket_name,
            stuck_after_s=str(STUCK_AFTER_S),
            review_idle_hours=str(self._config.review_idle_hours),
            lost_after_s=str(int(RepairDeadlines().event.total_seconds())),
            versions_per_sweep=str(self._config.sweep_versions),
        )
        photos = monitored.ledger.photos.table_arn
        sweeper.allow(["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources=[photos])
        sweeper.allow(
            ["dynamodb:Query"],
            resources=index_arns(monitored.ledger.photos, BY_PENDING, BY_REVIEW),
        )
        sweeper.allow(
            ["states:StartExecution"], resources=[monitored.workflow.machine.state_machine_arn]
        )
        queues = [monitored.queues.review.queue_arn, monitored.queues.failures.queue_arn]
        sweeper.allow(["sqs:SendMessage"], resources=queues)
        sweeper.allow_listing(
            "s3:ListBucketVersions", bucket=monitored.intake.bucket, prefixes=[INTAKE_PREFIX]
        )
        sweeper.allow_objects(
            ["s3:GetObject", "s3:PutObject"], bucket=self.reports, prefix=SWEEPER_PREFIX
        )

    def _connect_drain(self) -> None:
        monitored, drain = self._monitored, self._drain
        drain.set_environment(
            photos_table=monitored.ledger.photos.table_name,
            state_machine_arn=monitored.workflow.machine.state_machine_arn,
            review_queue_url=monitored.queues.review.queue_url,
            failures_queue_url=monitored.queues.failures.queue_url,
        )
        monitored.controls.connect(drain)
        drain.allow(["dynamodb:PutItem"], resources=[monitored.controls.table_arn])
        photos = monitored.ledger.photos
        drain.allow(["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], resources=[photos.table_arn])
        drain.allow(["dynamodb:Query"], resources=index_arns(photos, BY_PENDING))
        drain.allow(
            ["states:StartExecution"], resources=[monitored.workflow.machine.state_machine_arn]
        )
        drain.allow(["sqs:SendMessage"], resources=[monitored.queues.failures.queue_arn])

    def _connect_report(self) -> None:
        monitored, report, config = self._monitored, self._report, self._config
        dead_letters: list[sqs.IQueue] = [
            monitored.queues.review_dead_letters,
            monitored.intake.dead_letters,
            monitored.ledger_stream.dead_letters,
            self.dead_letters,
        ]
        report.set_environment(
            stage=config.stage,
            time_zone=config.time_zone,
            photos_table=monitored.ledger.photos.table_name,
            intake_bucket=monitored.intake.bucket.bucket_name,
            capture_bucket=monitored.capture.bucket.bucket_name,
            capture_prefix=f"{CAPTURE_PREFIX}/{config.endpoint_name}",
            capture_retention_days=str(config.capture_retention_days),
            capture_sampling_percentage=str(config.captured_percentage),
            model_classes=",".join(class_order(ROOT / path for path in config.model_manifests)),
            reports_bucket=self.reports.bucket_name,
            report_days=str(config.report_days),
            report_topic_arn=self.topic.topic_arn,
            review_queue_url=monitored.queues.review.queue_url,
            failures_queue_url=monitored.queues.failures.queue_url,
            dead_letters_urls=",".join(queue.queue_url for queue in dead_letters),
            vehicles=",".join(sorted(config.order_ranges)),
            audit_days=str(config.audit_days),
            labels_bucket=monitored.ledger_stream.labels.bucket_name,
        )
        report.allow(
            ["dynamodb:Query"], resources=index_arns(monitored.ledger.photos, BY_HOUR, BY_REVIEW)
        )
        measured = [monitored.queues.review, monitored.queues.failures, *dead_letters]
        report.allow(["sqs:GetQueueAttributes"], resources=[queue.queue_arn for queue in measured])
        report.allow(["sns:Publish"], resources=[self.topic.topic_arn])
        self._grant_report_objects()

    def _grant_report_objects(self) -> None:
        monitored, report = self._monitored, self._report
        captures = f"{CAPTURE_PREFIX}/{self._config.endpoint_name}/"
        report.allow_listing("s3:ListBucket", bucket=monitored.capture.bucket, prefixes=[captures])
        report.allow_objects(["s3:GetObject"], bucket=monitored.capture.bucket, prefix=captures)
        report.allow_objects(
            ["s3:GetObject", "s3:GetObjectVersion"],
            bucket=monitored.intake.bucket,
            prefix=INTAKE_PREFIX,
        )
        # Without the right to list, S3 answers Forbidden for a missing object instead of NotFound.
        report.allow_listing("s3:ListBucket", bucket=self.reports, prefixes=[*REPORT_PREFIXES])
        for prefix in REPORT_PREFIXES:
            report.allow_objects(
                ["s3:GetObject", "s3:PutObject"], bucket=self.reports, prefix=prefix
            )
        # The checkpoint has the counts of the sweeper's last complete walk through the bucket.
        report.allow(["s3:GetObject"], resources=[self.reports.arn_for_objects(CHECKPOINT_KEY)])
        labels = monitored.ledger_stream.labels
        report.allow_listing("s3:ListBucket", bucket=labels, prefixes=["labels/"])
        report.allow_objects(["s3:GetObject"], bucket=labels, prefix="labels/")

    def grant_known_items(self, reviewers: dynamodb.ITable) -> None:
        """Let the report read known items, to measure the accuracy of reviewers."""
        self._report.set_environment(reviewers_table=reviewers.table_name)
        self._report.allow(["dynamodb:Query"], resources=[reviewers.table_arn])

    def _schedule(self) -> None:
        Schedule(
            self,
            "SweeperSchedule",
            function=self._sweeper,
            expression=f"rate({self._config.sweep_every_minutes} minutes)",
            time_zone="UTC",
            event={},
            dead_letters=self.dead_letters,
            group=self.schedules,
        )
        Schedule(
            self,
            "DrainSchedule",
            function=self._drain,
            expression="rate(1 minute)",
            time_zone="UTC",
            event={},
            dead_letters=self.dead_letters,
            group=self.schedules,
        )
        Schedule(
            self,
            "ReportSchedule",
            function=self._report,
            expression=self._config.report_at,
            time_zone=self._config.time_zone,
            # The scheduler inserts its own time, so that a repeated delivery is idempotent.
            event={"scheduled_at": "<aws.scheduler.scheduled-time>"},
            dead_letters=self.dead_letters,
            group=self.schedules,
        )
