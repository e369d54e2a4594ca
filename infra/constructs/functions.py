"""The functions, made from one table, each with a role of its own."""

from aws_cdk import AssetHashType, Duration, IgnoreMode, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import PackageTarget, StageConfig
from infra.constructs.nag import acknowledge
from infra.constructs.resource import log_group_for, resource_of
from infra.constructs.storage import PrivateBucket
from infra.function_specs import FunctionSpec
from infra.packaging import build_package, specs_of_stage
from monitoring import metric_names as names


class Functions(Construct):
    """Functions by name; the stack grants each what it may touch and sets its environment."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self._by_name = {
            spec.name: HandlerFunction(self, spec.name.capitalize(), spec=spec, config=config)
            for spec in specs_of_stage(config)
        }

    def __getitem__(self, name: str) -> "HandlerFunction":
        return self._by_name[name]


class HandlerFunction(Construct):
    """A function, its log group and a role that starts with nothing but logs and traces."""

    def __init__(
        self, scope: Construct, construct_id: str, *, spec: FunctionSpec, config: StageConfig
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = log_group_for(self, config)
        self._role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.allow(
            ["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"{spec.name} of the photo pipeline",
            runtime=_runtime(config.package_target),
            architecture=_architecture(config.package_target),
            handler=spec.handler,
            code=_code(spec, config.package_target),
            memory_size=spec.memory_mb,
            timeout=Duration.seconds(spec.timeout_s),
            role=self._role,
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            environment={names.NAMESPACE_VARIABLE: names.namespace(config.stage)},
        )
        acknowledge(self._role, "IAM5[Resource::*]", "X-Ray's two actions know no resources.")
        acknowledge(
            self.function,
            "L1",
            "Python 3.13 is what prod is tested with; stage local runs the host's interpreter.",
        )

    def allow(self, actions: list[str], *, resources: list[str]) -> None:
        """Grant exactly these actions on exactly these resources."""
        self._role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))

    def allow_objects(self, actions: list[str], *, bucket: PrivateBucket, prefix: str) -> None:
        """Grant these actions on what lies under a prefix of a bucket."""
        self.allow(actions, resources=[bucket.arn_for_objects(f"{prefix}*")])
        acknowledge(
            self._role,
            f"IAM5[Resource::<{bucket.logical_id}.Arn>/{prefix}*]",
            "Nobody knows the keys of objects beforehand; the prefix bounds them.",
        )

    def allow_stream(self, table: dynamodb.Table) -> None:
        """Grant what Lambda does by this role to follow a table's changes."""
        self.allow(
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            resources=[str(table.table_stream_arn)],
        )
        self.allow(["dynamodb:ListStreams"], resources=[f"{table.table_arn}/stream/*"])
        stack = Stack.of(table)
        logical_id = stack.resolve(resource_of(table, dynamodb.CfnTable).logical_id)
        acknowledge(
            self._role,
            f"IAM5[Resource::<{logical_id}.Arn>/stream/*]",
            "Streams are listed, not named: AWS asks for this action on all streams of the table.",
        )

    def allow_listing(self, action: str, *, bucket: PrivateBucket, prefixes: list[str]) -> None:
        """Grant listing what lies under these prefixes, and nothing beside."""
        self._role.add_to_policy(
            iam.PolicyStatement(
                actions=[action],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
            )
        )

    def keep_failures(self, queue: sqs.IQueue) -> None:
        """Where calls end that failed three times; for functions that nobody waits for."""
        function = resource_of(self.function, lambda_.CfnFunction)
        function.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(
            target_arn=queue.queue_arn
        )
        self.allow(["sqs:SendMessage"], resources=[queue.queue_arn])

    def set(self, **environment: str) -> None:
        """Settings, named as `handlers/settings.py` reads them."""
        for name, value in environment.items():
            self.function.add_environment(name.upper(), value)


def _code(spec: FunctionSpec, target: PackageTarget) -> lambda_.AssetCode:
    package = build_package(spec, target)
    return lambda_.Code.from_asset(
        str(package.folder),
        asset_hash=package.digest,
        asset_hash_type=AssetHashType.CUSTOM,
        # Whoever imports from the cache to measure something leaves these behind.
        exclude=["__pycache__"],
        ignore_mode=IgnoreMode.GIT,
    )


def _runtime(target: PackageTarget) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{target.python_version}", lambda_.RuntimeFamily.PYTHON)


def _architecture(target: PackageTarget) -> lambda_.Architecture:
    if target.architecture == "arm64":
        return lambda_.Architecture.ARM_64
    return lambda_.Architecture.X86_64
