"""The role with which a job of GitHub Actions deploys one stage, without stored credentials."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from handlers.domain.ledger.identity import CANARY_DRIVER, INTAKE_PREFIX
from infra.constructs.resource import acknowledge

GITHUB = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
_BOOTSTRAP_QUALIFIER = "hnb659fds"  # CDK's default
_BOOTSTRAP_ROLES = ("deploy", "file-publishing", "lookup")


class DeployerRole(iam.Role):
    """What `scones deploy STAGE --build` itself calls; stacks are changed by CDK's own roles.

    Only jobs of one repository that run in the GitHub environment with the stage's name can assume
    it: the environment's protection decides who starts them. The role cannot bootstrap an account.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, repository: str, stage: str, provider_arn: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            role_name=f"scones-{stage}-deployer",
            description=f"Deploys stage {stage} from {repository}.",
            assumed_by=iam.WebIdentityPrincipal(
                provider_arn,
                conditions={
                    "StringEquals": {
                        f"{GITHUB}:aud": AUDIENCE,
                        f"{GITHUB}:sub": f"repo:{repository}:environment:{stage}",
                    }
                },
            ),
        )
        self._stage = stage
        self._allow_cdk()
        self._allow_checks()
        self._allow_artefacts()
        self._allow_canaries()

    def _allow_cdk(self) -> None:
        names = [
            f"cdk-{_BOOTSTRAP_QUALIFIER}-{name}-role-{Aws.ACCOUNT_ID}-{Aws.REGION}"
            for name in _BOOTSTRAP_ROLES
        ]
        self._allow(["sts:AssumeRole"], [self._arn("iam", f"role/{name}") for name in names])
        version = f"parameter/cdk-bootstrap/{_BOOTSTRAP_QUALIFIER}/version"
        self._allow(["ssm:GetParameter"], [self._arn("ssm", version)])

    def _allow_checks(self) -> None:
        stack = f"stack/Scones-{self._stage}-Pipeline/*"
        self._allow_names("cloudformation", ["cloudformation:DescribeStacks"], stack)
        history = self._arn("ssm", f"parameter/scones/{self._stage}/deployments")
        self._allow(["ssm:GetParameterHistory", "ssm:PutParameter"], [history])
        # Whether a destroyed stage has kept something; an operator deploys then, see the test.
        kept = self._arn("ssm", f"parameter/scones/{self._stage}/kept-resources")
        self._allow(["ssm:GetParameter"], [kept])
        # None of them supports resources.
        self._allow(
            [
                "ecr:GetAuthorizationToken",
                "lambda:GetAccountSettings",
                "servicequotas:ListServiceQuotas",
            ],
            ["*"],
        )
        acknowledge(self, "IAM5[Resource::*]", "These actions support no resource-level scope.")

    def _allow_artefacts(self) -> None:
        self._allow(
            [
                *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage"),
                *("ecr:CompleteLayerUpload", "ecr:CreateRepository", "ecr:DescribeRepositories"),
                *("ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage"),
                "ecr:UploadLayerPart",
            ],
            [self._arn("ecr", "repository/scones-serving")],
        )
        models = f"scones-{self._stage}-models-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        self._allow(
            [
                *("s3:CreateBucket", "s3:ListBucket"),
                *("s3:PutBucketPublicAccessBlock", "s3:PutBucketVersioning"),
            ],
            [f"arn:{Aws.PARTITION}:s3:::{models}"],
        )
        self._allow_names("s3", ["s3:GetObject", "s3:PutObject"], f"{models}/*")

    def _allow_canaries(self) -> None:
        # CloudFormation names resources after their stack and their logical ids, which are pinned.
        pipeline = f"Scones-{self._stage}-Pipeline"
        intake = f"{pipeline.lower()}-intake-*"
        canaries = f"{INTAKE_PREFIX}{CANARY_DRIVER}/*"
        self._allow_names("s3", ["s3:ListBucketVersions"], intake)
        self._allow_names("s3", ["s3:DeleteObjectVersion", "s3:PutObject"], f"{intake}/{canaries}")
        rows = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:Query"]
        self._allow_names("dynamodb", rows, f"table/{pipeline}-Photos-*")
        self._allow_names("dynamodb", ["dynamodb:DeleteItem"], f"table/{pipeline}-Assignments-*")
        messages = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"]
        self._allow_names("sqs", messages, f"{pipeline}-Review-*")

    def _allow_names(self, service: str, actions: list[str], resource: str) -> None:
        """Allow actions on all resources whose names match; each pattern is of this stage."""
        arn = self._arn(service, resource)
        self._allow(actions, [arn])
        acknowledge(
            self,
            f"IAM5[Resource::{_as_cdk_nag_writes(arn)}]",
            "The end of the name is CloudFormation's or the object's own; the stage is fixed.",
        )

    def _arn(self, service: str, resource: str) -> str:
        if service == "s3":
            return f"arn:{Aws.PARTITION}:s3:::{resource}"
        region = "" if service == "iam" else Aws.REGION
        return f"arn:{Aws.PARTITION}:{service}:{region}:{Aws.ACCOUNT_ID}:{resource}"

    def _allow(self, actions: list[str], resources: list[str]) -> None:
        self.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))


def _as_cdk_nag_writes(arn: str) -> str:
    parameters = {
        Aws.PARTITION: "<AWS::Partition>",
        Aws.ACCOUNT_ID: "<AWS::AccountId>",
        Aws.REGION: "<AWS::Region>",
    }
    for token, name in parameters.items():
        arn = arn.replace(token, name)
    return arn
