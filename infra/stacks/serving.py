"""Stack `Serving`: the model behind a SageMaker endpoint with Data Capture."""

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Environment, Stack
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.config import StageConfig
from infra.constructs.alarms.alarms import Alarms
from infra.constructs.alarms.rollout_alarms import hours_alarms, rollout_alarms
from infra.constructs.data_capture import CAPTURE_PREFIX, VARIANT, capture_bucket_name
from infra.constructs.endpoint_hours import EndpointHours
from infra.constructs.model_endpoint import ModelEndpoint
from infra.constructs.resource import log_group_for
from infra.constructs.serving_role import ServingRole


class ServingStack(Stack):
    """Model, endpoint configuration with Data Capture, endpoint with its roll-out and scaling."""

    def __init__(self, scope: Construct, construct_id: str, *, config: StageConfig) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Environment(account=config.account, region=config.region),
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
            description=f"Scones Unlimited, {config.stage}: the vehicle classifier.",
            termination_protection=config.is_durable,
        )
        # SageMaker creates a missing log group by itself, but then its logs never expire.
        log_group = log_group_for(
            self, config, log_group_name=f"/aws/sagemaker/Endpoints/{config.endpoint_name}"
        )
        role = ServingRole(self, "Role", config=config, log_group=log_group)
        # Model and configuration have no names: a change creates new ones before the swap.
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            # The container needs no network: SageMaker itself fetches the model and keeps captures.
            enable_network_isolation=True,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=config.model_image_uri, model_data_url=config.model_data_url
            ),
        )
        # SageMaker reads image and model with the role as soon as the model is created.
        model.node.add_dependency(role)
        alarms = Alarms(self, "Alarms", config=config, specs=rollout_alarms(config))
        endpoint_config = self._endpoint_config(config, model)
        endpoint = ModelEndpoint(
            self,
            "Endpoint",
            config=config,
            endpoint_config=endpoint_config,
            rollback_alarms=alarms.by_name.values(),
        )
        endpoint.node.add_dependency(log_group)
        if config.off_hours:
            hours = EndpointHours(
                self,
                "OffHours",
                config=config,
                hours=config.off_hours,
                endpoint_config=endpoint_config,
            )
            Alarms(self, "OffHoursAlarms", config=config, specs=hours_alarms(hours.machine))
        CfnOutput(self, "OutputEndpointName", value=config.endpoint_name).override_logical_id(
            "EndpointName"
        )

    def _endpoint_config(
        self, config: StageConfig, model: sagemaker.CfnModel
    ) -> sagemaker.CfnEndpointConfig:
        endpoint_config = sagemaker.CfnEndpointConfig
        return endpoint_config(
            self,
            "EndpointConfig",
            production_variants=[
                endpoint_config.ProductionVariantProperty(
                    variant_name=VARIANT,
                    model_name=model.attr_model_name,
                    instance_type=config.endpoint_instance_type,
                    initial_instance_count=config.endpoint_instance_count,
                    initial_variant_weight=1,
                )
            ],
            data_capture_config=endpoint_config.DataCaptureConfigProperty(
                enable_capture=config.capture_writer == "endpoint",
                initial_sampling_percentage=config.capture_sampling_percentage,
                destination_s3_uri=f"s3://{capture_bucket_name(config)}/{CAPTURE_PREFIX}",
                capture_options=[
                    endpoint_config.CaptureOptionProperty(capture_mode=mode)
                    for mode in config.capture_modes
                ],
                # Without it SageMaker would encode even the JSON responses in base64.
                capture_content_type_header=endpoint_config.CaptureContentTypeHeaderProperty(
                    json_content_types=["application/json"]
                ),
            ),
        )
