"""The state machine with the definition of `infra/state_machine`, and its role."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.exact_json import exact_json
from infra.constructs.functions import Functions
from infra.constructs.resource import acknowledge, trusted_service, vended_log_group_for
from infra.state_machine import EXPRESS, STANDARD, WorkflowResources, definition


class Workflow(Construct):
    """The state machine, Standard or Express.

    Express is cheaper, but limited to 5 minutes, without history or list of executions, and started
    at least once instead of exactly once; the claim makes duplicate starts harmless.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        functions: Functions,
        photos: dynamodb.ITable,
        assignments: dynamodb.ITable,
        review_queue: sqs.IQueue,
        failures_queue: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        serialize, classify, filter_ = (
            functions[name].function.function_arn for name in ("serialize", "classify", "filter")
        )
        self._role = iam.Role(self, "Role", assumed_by=trusted_service(self, "states"))
        self.machine = self._machine(
            config,
            WorkflowResources(
                serialize_function_arn=serialize,
                classify_function_arn=classify,
                filter_function_arn=filter_,
                photos_table=photos.table_name,
                assignments_table=assignments.table_name,
                review_queue_url=review_queue.queue_url,
                failures_queue_url=failures_queue.queue_url,
                partition=Aws.PARTITION,
                retry_limits=EXPRESS if config.workflow_type == "EXPRESS" else STANDARD,
            ),
        )
        self._allow(["lambda:InvokeFunction"], [serialize, classify, filter_])
        # A transaction needs the actions of its items; it has none of its own.
        self._allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [photos.table_arn])
        self._allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            [assignments.table_arn],
        )
        self._allow(["sqs:SendMessage"], [review_queue.queue_arn, failures_queue.queue_arn])

    def _machine(self, config: StageConfig, resources: WorkflowResources) -> sfn.StateMachine:
        is_express = config.workflow_type == "EXPRESS"
        body = Stack.of(self).to_json_string(
            exact_json(definition(resources), what="the state machine's definition")
        )
        acknowledge(
            self._role,
            "IAM5[Resource::*]",
            "Log delivery and X-Ray support no resource-level scope; CDK grants both.",
        )
        return sfn.StateMachine(
            self,
            # CloudFormation cannot change the type of a state machine, so the id depends on it.
            "ExpressMachine" if is_express else "Machine",
            comment="Processes one photo from its upload to a decision.",
            definition_body=sfn.DefinitionBody.from_string(body),
            state_machine_type=sfn.StateMachineType[config.workflow_type],
            logs=sfn.LogOptions(
                destination=vended_log_group_for(self, config, source="states"),
                level=sfn.LogLevel.ALL,
                # The input of a state holds the photo itself and its key.
                include_execution_data=False,
            ),
            tracing_enabled=True,
            role=self._role,
        )

    def _allow(self, actions: list[str], resources: list[str]) -> None:
        self._role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
