"""The role with which SageMaker hosts the model."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.data_capture import CAPTURE_PREFIX, capture_bucket_name
from infra.constructs.resource import acknowledge, trusted_service


class ServingRole(iam.Role):
    """Read one image and one model; write captures and the endpoint's logs and metrics."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        log_group: logs.ILogGroup,
    ) -> None:
        super().__init__(scope, construct_id, assumed_by=trusted_service(scope, "sagemaker"))
        image, model_data = config.model_image(), config.model_data()
        captures = f"{CAPTURE_PREFIX}/{config.endpoint_name}/*"
        repository = Stack.of(self).format_arn(
            service="ecr",
            region=image["region"],
            account=image["account"],
            resource="repository",
            resource_name=image["repository"],
        )
        self._allow(
            [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            repository,
        )
        self._allow(["s3:GetObject"], _object(f"{model_data['bucket']}/{model_data['key']}"))
        self._allow(["s3:PutObject"], _object(f"{capture_bucket_name(config)}/{captures}"))
        self._allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            log_group.log_group_arn,
        )
        self._allow_everywhere()
        self._acknowledge(config, captures)

    def _allow_everywhere(self) -> None:
        # Neither action supports resources; a condition limits metrics to endpoints' namespace.
        self._allow(["ecr:GetAuthorizationToken"], "*")
        self._allow(
            ["cloudwatch:PutMetricData"],
            "*",
            conditions={"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}},
        )

    def _acknowledge(self, config: StageConfig, captures: str) -> None:
        acknowledge(
            self,
            "IAM5[Resource::*]",
            "The registry's token and PutMetricData support no resource-level scope.",
        )
        bucket = config.capture_bucket_name(
            account=config.account or "<AWS::AccountId>", region=config.region or "<AWS::Region>"
        )
        acknowledge(
            self,
            f"IAM5[Resource::arn:<AWS::Partition>:s3:::{bucket}/{captures}]",
            "SageMaker names the capture files itself, below the endpoint's own prefix.",
        )

    def _allow(
        self, actions: list[str], resource: str, *, conditions: dict[str, object] | None = None
    ) -> None:
        self.add_to_policy(
            iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)
        )


def _object(path: str) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{path}"
