"""The Lambda functions of `infra/function_specs.py`, each with a role of its own."""

from collections.abc import Iterable

from aws_cdk import AssetHashType, Duration, IgnoreMode, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import PackageTarget, StageConfig
from infra.constructs.buckets import PrivateBucket
from infra.constructs.resource import acknowledge, log_group_for, resource_of, trusted_service
from infra.function_specs import FunctionSpec
from infra.synthesis.packaging import build_package, specs_of_stage
from monitoring import metric_names as names


class Functions(Construct):
    """All functions, by name; the stack grants permissions and sets environments."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(scope, construct_id)
        self._by_name = {
            spec.name: HandlerFunction(self, spec.name.capitalize(), spec=spec, config=config)
            for spec in specs_of_stage(config)
        }

    def __getitem__(self, name: str) -> "HandlerFunction":
        return self._by_name[name]

    def items(self) -> Iterable[tuple[str, "HandlerFunction"]]:
        """Return all functions with their names."""
        return self._by_name.items()


class HandlerFunction(Construct):
    """A function, its log group, and a role that at first may only write logs and traces."""

    def __init__(
        self, scope: Construct, construct_id: str, *, spec: FunctionSpec, config: StageConfig
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = log_group_for(self, config)
        self._role = iam.Role(self, "Role", assumed_by=trusted_service(self, "lambda"))
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
        acknowledge(
            self._role, "IAM5[Resource::*]", "X-Ray's two actions support no resource-level scope."
        )
        acknowledge(
            self.function,
            "L1",
            "Stage prod is tested with Python 3.13; stage local runs the host's interpreter.",
        )

    def allow(self, actions: list[str], *, resources: list[str]) -> None:
        """Grant exactly these actions on exactly these resources."""
        self._role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))

    def allow_objects(self, actions: list[str], *, bucket: PrivateBucket, prefix: str) -> None:
        """Grant these actions on the objects under a prefix of a bucket."""
        self.allow(actions, resources=[bucket.arn_for_objects(f"{prefix}*")])
        acknowledge(
            self._role,
            f"IAM5[Resource::<{bucket.logical_id}.Arn>/{prefix}*]",
            "The keys of objects are not known beforehand; the prefix bounds them.",
        )

    def allow_stream(self, table: dynamodb.Table) -> None:
        """Grant what Lambda needs to read a table's stream with this function's role."""
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
            "AWS requires this action on all streams of the table.",
        )

    def allow_listing(self, action: str, *, bucket: PrivateBucket, prefixes: list[str]) -> None:
        """Grant listing the keys under these prefixes of a bucket, and no others."""
        self._role.add_to_policy(
            iam.PolicyStatement(
                actions=[action],
                resources=[bucket.bucket_arn],
                conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
            )
        )

    def set_dead_letter_queue(self, queue: sqs.IQueue) -> None:
        """Send events of asynchronous calls to this queue after three failed attempts."""
        function = resource_of(self.function, lambda_.CfnFunction)
        function.dead_letter_config = lambda_.CfnFunction.DeadLetterConfigProperty(
            target_arn=queue.queue_arn
        )
        self.allow(["sqs:SendMessage"], resources=[queue.queue_arn])

    def set_environment(self, **environment: str) -> None:
        """Add environment variables; `settings.py` of the handlers reads the upper-case names."""
        for name, value in environment.items():
            self.function.add_environment(name.upper(), value)


def _code(spec: FunctionSpec, target: PackageTarget) -> lambda_.AssetCode:
    package = build_package(spec, target)
    return lambda_.Code.from_asset(
        str(package.folder),
        asset_hash=package.digest,
        asset_hash_type=AssetHashType.CUSTOM,
        # Benchmarks import from the cache of packages, and leave these folders behind.
        exclude=["__pycache__"],
        ignore_mode=IgnoreMode.GIT,
    )


def _runtime(target: PackageTarget) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{target.python_version}", lambda_.RuntimeFamily.PYTHON)


def _architecture(target: PackageTarget) -> lambda_.Architecture:
    if target.architecture == "arm64":
        return lambda_.Architecture.ARM_64
    return lambda_.Architecture.X86_64
