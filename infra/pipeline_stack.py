"""Stack `Pipeline`: everything that carries a photo. It only composes and grants."""

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Stack
from constructs import Construct

from handlers.api.contract.drivers import OPERATIONS as DRIVERS_OPERATIONS
from handlers.api.contract.review_page import OPERATIONS as PAGE_OPERATIONS
from handlers.api.contract.reviews import OPERATIONS as REVIEWS_OPERATIONS
from handlers.domain.identity import INTAKE_PREFIX
from infra.config import StageConfig
from infra.constructs import watches, watches_of_monitoring
from infra.constructs.alarms import Alarms
from infra.constructs.capture import Capture
from infra.constructs.changes import Changes
from infra.constructs.dashboard import Dashboard
from infra.constructs.dead_ends import must_stay_empty
from infra.constructs.doors import Doors
from infra.constructs.drivers import Drivers
from infra.constructs.functions import Functions
from infra.constructs.identity import Identity
from infra.constructs.intake import Intake
from infra.constructs.ledger import Ledger
from infra.constructs.monitoring import Monitoring, Watched
from infra.constructs.policy import PolicySettings
from infra.constructs.queues import Queues
from infra.constructs.review import Review
from infra.constructs.storage import AccessLogs
from infra.constructs.watch import Watch
from infra.constructs.workflow import Workflow


class PipelineStack(Stack):
    """Photos in, assignments and reviews out."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Environment(account=config.account, region=config.region),
            # No look-up of the bootstrap's version: the template deploys by CloudFormation alone.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            description=f"Scones Unlimited, {config.stage}: from a driver's photo to an order.",
            termination_protection=config.is_durable,
        )
        self._config = config
        access_logs = AccessLogs(self, "AccessLogs", config=config)
        self._intake = Intake(self, "Intake", config=config, access_logs=access_logs)
        self._capture = Capture(self, "Capture", config=config, access_logs=access_logs)
        self._ledger = Ledger(self, "Ledger", config=config)
        self._queues = Queues(self, "Queues", config=config)
        self._policy = PolicySettings(self, "Policy", config=config)
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
        self._changes = Changes(
            self,
            "Changes",
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
            watched=Watched(
                intake=self._intake,
                capture=self._capture,
                ledger=self._ledger,
                queues=self._queues,
                workflow=self._workflow,
                changes=self._changes,
            ),
            access_logs=access_logs,
        )
        self._alarms = Alarms(self, "Alarms", config=config, watches=self._watches())
        Dashboard(
            self,
            "Dashboard",
            config=config,
            machine=self._workflow.machine,
            review_queue=self._queues.review,
            alarms=self._alarms.all,
        )
        self._identity = Identity(self, "Identity", config=config)
        self._doors = Doors(self, "Doors", config=config, identity=self._identity)
        self._connect()
        self._connect_doors()
        self._publish()

    def _watches(self) -> dict[str, Watch]:
        return {
            **watches.of_queues(
                must_stay_empty(
                    intake=self._intake,
                    queues=self._queues,
                    changes=self._changes,
                    monitoring=self._monitoring,
                )
            ),
            **watches.of_machine(self._workflow.machine),
            **watches.of_serving(self._config),
            **watches.of_decisions(self._config),
            **watches_of_monitoring.of_sweeper(self._config),
            **watches_of_monitoring.of_report(self._config),
        }

    def _connect(self) -> None:
        """Grants and settings, where the two ends meet."""
        self._intake.start(self._workflow.machine)
        self._functions["serialize"].allow_objects(
            ["s3:GetObject", "s3:GetObjectVersion"],
            bucket=self._intake.bucket,
            prefix=INTAKE_PREFIX,
        )
        classify = self._functions["classify"]
        classify.set(endpoint_name=self._config.endpoint_name)
        endpoint = self.format_arn(
            service="sagemaker", resource="endpoint", resource_name=self._config.endpoint_name
        )
        classify.allow(["sagemaker:InvokeEndpoint"], resources=[endpoint])
        self._capture.connect(classify, config=self._config)
        self._policy.govern(self._functions["filter"], config=self._config)

    def _connect_doors(self) -> None:
        drivers, page = self._functions["drivers"], self._functions["page"]
        Drivers(
            self,
            "Drivers",
            config=self._config,
            function=drivers,
            intake=self._intake,
            ledger=self._ledger,
            queues=self._queues,
            sign_in_url=self._doors.sign_in_url,
        )
        self._review = Review(
            self,
            "Reviews",
            config=self._config,
            function=self._functions["reviews"],
            intake=self._intake,
            ledger=self._ledger,
            queues=self._queues,
            policy=self._policy,
        )
        self._monitoring.read_known_items(self._review.reviewers)
        page.set(**self._doors.settings_of_page())
        self._doors.open("Drivers", drivers, DRIVERS_OPERATIONS)
        self._doors.open("Page", page, PAGE_OPERATIONS)
        self._doors.open("Reviews", self._functions["reviews"], REVIEWS_OPERATIONS)

    def _publish(self) -> None:
        """Names that tools, tests and people find the pipeline by."""
        outputs = {
            "IntakeBucket": self._intake.bucket.bucket_name,
            "CaptureBucket": self._capture.bucket.bucket_name,
            "PhotosTable": self._ledger.photos.table_name,
            "AssignmentsTable": self._ledger.assignments.table_name,
            "ReviewQueueUrl": self._queues.review.queue_url,
            "ReviewDeadLettersUrl": self._queues.review_dead_letters.queue_url,
            "FailuresQueueUrl": self._queues.failures.queue_url,
            "IntakeDeadLettersUrl": self._intake.dead_letters.queue_url,
            "StateMachineArn": self._workflow.machine.state_machine_arn,
            "PolicyParameter": self._policy.policy.parameter_name,
            "PolicyOverrideParameter": self._policy.override.parameter_name,
            "SerializeFunction": self._functions["serialize"].function.function_name,
            "ClassifyFunction": self._functions["classify"].function.function_name,
            "FilterFunction": self._functions["filter"].function.function_name,
            "LabelsBucket": self._changes.labels.bucket_name,
            "EventBusName": self._changes.bus.event_bus_name,
            "ChangesDeadLettersUrl": self._changes.dead_letters.queue_url,
            "ReviewersTable": self._review.reviewers.table_name,
            "ReviewsFunction": self._functions["reviews"].function.function_name,
            "SweeperFunction": self._functions["sweeper"].function.function_name,
            "ReportFunction": self._functions["report"].function.function_name,
            "ReportsBucket": self._monitoring.reports.bucket_name,
            "ReportTopicArn": self._monitoring.topic.topic_arn,
            "AlarmTopicArn": self._alarms.topic.topic_arn,
            **self._doors.outputs(),
        }
        for name, value in outputs.items():
            CfnOutput(self, f"Output{name}", value=value).override_logical_id(name)
