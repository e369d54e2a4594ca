"""Stack `Pipeline`: everything but the endpoint. It composes constructs and grants permissions."""

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Stack
from constructs import Construct

from handlers.domain.ledger.identity import INTAKE_PREFIX
from handlers.http_api.auth import DRIVERS, REVIEWERS
from handlers.http_api.contract.drivers import OPERATIONS as DRIVERS_OPERATIONS
from handlers.http_api.contract.review_page import OPERATIONS as PAGE_OPERATIONS
from handlers.http_api.contract.reviews import OPERATIONS as REVIEWS_OPERATIONS
from infra.config import StageConfig
from infra.constructs.alarms import monitoring_alarms, pipeline_alarms
from infra.constructs.alarms.alarm_spec import AlarmSpec
from infra.constructs.alarms.alarms import Alarms
from infra.constructs.alarms.api_alarms import api_alarms
from infra.constructs.alarms.delivery_alarms import delivery_alarms
from infra.constructs.alarms.function_alarms import function_alarms
from infra.constructs.alarms.queue_alarms import queue_alarms
from infra.constructs.alarms.table_alarms import table_alarms
from infra.constructs.alarms.topics import AlarmTopics
from infra.constructs.buckets import AccessLogsBucket
from infra.constructs.dashboard import Dashboard
from infra.constructs.data_capture import DataCapture
from infra.constructs.drivers_function import DriversFunction
from infra.constructs.functions import Functions
from infra.constructs.http_api import HttpApi
from infra.constructs.intake import Intake
from infra.constructs.ledger import Ledger
from infra.constructs.ledger_stream import LedgerStream
from infra.constructs.monitoring import MonitoredResources, Monitoring
from infra.constructs.operator_controls import OperatorControls
from infra.constructs.policy import PolicyParameters
from infra.constructs.queues import Queues
from infra.constructs.reviews_function import ReviewsFunction
from infra.constructs.workflow import Workflow


class PipelineStack(Stack):
    """Intake, workflow, ledger, HTTP API, monitoring and alarms of one stage."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Environment(account=config.account, region=config.region),
            # Without the bootstrap's version rule, CloudFormation alone can deploy the template.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            description=f"Scones Unlimited, {config.stage}: from a driver's photo to an order.",
            termination_protection=config.is_durable,
        )
        self._config = config
        access_logs = AccessLogsBucket(self, "AccessLogs", config=config)
        self._intake = Intake(self, "Intake", config=config, access_logs=access_logs)
        self._data_capture = DataCapture(self, "Capture", config=config, access_logs=access_logs)
        self._ledger = Ledger(self, "Ledger", config=config)
        self._controls = OperatorControls(self, "Controls", config=config)
        self._queues = Queues(self, "Queues", config=config)
        self._policy = PolicyParameters(self, "Policy", config=config)
        self._functions = Functions(self, "Functions", config=config)
        self._workflow = Workflow(
            self,
            "Workflow",
            config=config,
            functions=self._functions,
            photos=self._ledger.photos,
            assignments=self._ledger.assignments,
            review_queue=self._queues.review,
            failures_queue=self._queues.failures,
        )
        self._ledger_stream = LedgerStream(
            self,
            "LedgerStream",
            config=config,
            function=self._functions["changes"],
            photos=self._ledger.photos,
            access_logs=access_logs,
        )
        self._monitoring = Monitoring(
            self,
            "Monitoring",
            config=config,
            functions=self._functions,
            monitored=MonitoredResources(
                intake=self._intake,
                capture=self._data_capture,
                ledger=self._ledger,
                queues=self._queues,
                workflow=self._workflow,
                ledger_stream=self._ledger_stream,
                controls=self._controls,
            ),
            access_logs=access_logs,
        )
        self._http_api = HttpApi(self, "HttpApi", config=config)
        self._connect()
        self._connect_http_api()
        self._add_alarms()
        self._add_outputs()

    def _add_alarms(self) -> None:
        self._alarm_topics = AlarmTopics(self, "AlarmTopics", config=self._config)
        alarms = Alarms(self, "Alarms", config=self._config, specs=self._alarm_specs())
        Dashboard(
            self,
            "Dashboard",
            config=self._config,
            machine=self._workflow.machine,
            review_queue=self._queues.review,
            alarms=alarms.by_name.values(),
        )

    def _alarm_specs(self) -> dict[str, AlarmSpec]:
        return {
            **queue_alarms(
                intake=self._intake,
                queues=self._queues,
                ledger_stream=self._ledger_stream,
                monitoring=self._monitoring,
            ),
            **pipeline_alarms.state_machine_alarms(self._workflow.machine),
            **pipeline_alarms.endpoint_alarms(
                self._config, classify=self._functions["classify"].function
            ),
            **pipeline_alarms.decision_alarms(self._config),
            **monitoring_alarms.sweeper_alarms(self._config),
            **monitoring_alarms.drain_alarms(self._config),
            **monitoring_alarms.report_alarms(self._config),
            **delivery_alarms(
                intake=self._intake,
                changes=self._functions["changes"],
                monitoring=self._monitoring,
                topics=[self._alarm_topics.all, self._alarm_topics.pages, self._monitoring.topic],
            ),
            **function_alarms(self._functions),
            **table_alarms(
                self._ledger,
                controls=self._controls,
                of_the_api=[
                    self._drivers.uploads,
                    self._reviews.reviewers,
                    self._http_api.idempotency_table,
                ],
            ),
            **api_alarms(self._http_api, self._config),
        }

    def _connect(self) -> None:
        """Set environments and grant permissions between constructs."""
        self._intake.start_executions(self._workflow.machine)
        self._functions["serialize"].allow_objects(
            ["s3:GetObject", "s3:GetObjectVersion"],
            bucket=self._intake.bucket,
            prefix=INTAKE_PREFIX,
        )
        classify = self._functions["classify"]
        classify.set_environment(endpoint_name=self._config.endpoint_name)
        endpoint = self.format_arn(
            service="sagemaker", resource="endpoint", resource_name=self._config.endpoint_name
        )
        classify.allow(["sagemaker:InvokeEndpoint"], resources=[endpoint])
        self._data_capture.connect(classify, config=self._config)
        for function in (self._functions["serialize"], classify):
            self._controls.connect(function)
        # Classify opens the breaker.
        classify.allow(["dynamodb:PutItem"], resources=[self._controls.table_arn])
        self._policy.connect(
            self._functions["filter"], config=self._config, controls=self._controls
        )

    def _connect_http_api(self) -> None:
        drivers, page = self._functions["drivers"], self._functions["page"]
        self._drivers = DriversFunction(
            self,
            "Drivers",
            config=self._config,
            function=drivers,
            intake=self._intake,
            ledger=self._ledger,
            queues=self._queues,
            sign_in_urls={
                DRIVERS: self._http_api.drivers_sign_in_url,
                REVIEWERS: self._http_api.reviewers_sign_in_url,
            },
            api_url=self._http_api.url,
        )
        serialize, uploads = self._functions["serialize"], self._drivers.uploads
        serialize.set_environment(
            uploads_table=uploads.table_name,
            ledger_retention_days=str(self._config.ledger_retention_days),
        )
        # It records which photo used a permission.
        serialize.allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], resources=[uploads.table_arn])
        self._reviews = ReviewsFunction(
            self,
            "Reviews",
            config=self._config,
            function=self._functions["reviews"],
            intake=self._intake,
            ledger=self._ledger,
            queues=self._queues,
            policy=self._policy,
        )
        self._monitoring.grant_known_items(self._reviews.reviewers)
        page.set_environment(**self._http_api.review_page_settings())
        self._http_api.add_operations("Drivers", drivers, DRIVERS_OPERATIONS)
        self._http_api.add_operations("Page", page, PAGE_OPERATIONS)
        self._http_api.add_operations("Reviews", self._functions["reviews"], REVIEWS_OPERATIONS)

    def _add_outputs(self) -> None:
        """Add the outputs by which tools, tests and people find the stack's resources."""
        outputs = {
            "IntakeBucket": self._intake.bucket.bucket_name,
            "CaptureBucket": self._data_capture.bucket.bucket_name,
            "PhotosTable": self._ledger.photos.table_name,
            "AssignmentsTable": self._ledger.assignments.table_name,
            "ControlsTable": self._controls.table_name,
            "UploadsTable": self._drivers.uploads.table_name,
            "RequestsTable": self._http_api.idempotency_table.table_name,
            "AuditSaltSecret": self._policy.audit_salt.secret_arn,
            "ReviewQueueUrl": self._queues.review.queue_url,
            "ReviewDeadLettersUrl": self._queues.review_dead_letters.queue_url,
            "FailuresQueueUrl": self._queues.failures.queue_url,
            "IntakeDeadLettersUrl": self._intake.dead_letters.queue_url,
            "StateMachineArn": self._workflow.machine.state_machine_arn,
            "PolicyParameter": self._policy.policy.parameter_name,
            "PolicyOverrideParameter": self._policy.override_name,
            "SerializeFunction": self._functions["serialize"].function.function_name,
            "ClassifyFunction": self._functions["classify"].function.function_name,
            "FilterFunction": self._functions["filter"].function.function_name,
            "LabelsBucket": self._ledger_stream.labels.bucket_name,
            "EventBusName": self._ledger_stream.bus.event_bus_name,
            "ChangesDeadLettersUrl": self._ledger_stream.dead_letters.queue_url,
            "ScheduleDeadLettersUrl": self._monitoring.dead_letters.queue_url,
            "ReviewersTable": self._reviews.reviewers.table_name,
            "ReviewsFunction": self._functions["reviews"].function.function_name,
            "DrainFunction": self._functions["drain"].function.function_name,
            "SweeperFunction": self._functions["sweeper"].function.function_name,
            "ReportFunction": self._functions["report"].function.function_name,
            "ReportsBucket": self._monitoring.reports.bucket_name,
            "ReportTopicArn": self._monitoring.topic.topic_arn,
            "AlarmTopicArn": self._alarm_topics.all.topic_arn,
            "PageTopicArn": self._alarm_topics.pages.topic_arn,
            **self._http_api.outputs(),
        }
        for name, value in outputs.items():
            CfnOutput(self, f"Output{name}", value=value).override_logical_id(name)
