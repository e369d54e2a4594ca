"""The template of an import has the kept resources, and nothing that refers to another one."""

from infra.operations.deployment.adoption import import_template
from infra.operations.destruction.kept_resources import KeptResource

KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
TEMPLATE = {
    "Outputs": {"ApiUrl": {"Value": {"Ref": "Api"}}},
    "Resources": {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {}},
        "AccessLogs": {"Type": "AWS::S3::Bucket", **KEPT},
        "Intake": {
            "Type": "AWS::S3::Bucket",
            **KEPT,
            "Metadata": {"aws:cdk:path": "Intake"},
            "Properties": {
                "BucketName": {"Fn::Join": ["-", ["intake", {"Ref": "AWS::AccountId"}]]},
                "CorsConfiguration": {"CorsRules": [{"AllowedOrigins": [{"Ref": "Api"}]}]},
                "LoggingConfiguration": {"DestinationBucketName": {"Ref": "AccessLogs"}},
                "Tags": [{"Key": "origin", "Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}],
            },
        },
    },
}


def test_an_import_has_only_what_was_kept_without_references_to_others() -> None:
    kept = [
        KeptResource(logical_id=name, kind="AWS::S3::Bucket", physical_id=name.lower())
        for name in ("AccessLogs", "Intake")
    ]
    template = import_template(TEMPLATE, kept)
    assert template.keys() == {"Resources"}
    assert template["Resources"].keys() == {"AccessLogs", "Intake"}
    intake = template["Resources"]["Intake"]
    assert intake["DeletionPolicy"] == KEPT["DeletionPolicy"]
    assert intake["Properties"].keys() == {"BucketName", "LoggingConfiguration"}
