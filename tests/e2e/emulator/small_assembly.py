"""A cloud assembly of one small stack, for tests of the stage that need no CDK and no model."""

import hashlib
import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

STACK = "Scones-local-Pipeline"
BUCKET = "cdk-assets-${AWS::AccountId}-${AWS::Region}"
SERVING = {
    "Endpoint": {
        "Type": "AWS::SageMaker::Endpoint",
        "Properties": {"EndpointName": "scones-local-vehicle"},
    },
    "EndpointConfig": {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Properties": {
            "DataCaptureConfig": {
                "EnableCapture": True,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": "s3://scones-local-capture-000000000000-us-east-1/data-capture",
                "CaptureOptions": [{"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
            }
        },
    },
}
FUNCTION_SOURCE = "def handler(event, context):\n    return 'packaged'\n"
CODE = hashlib.sha256(FUNCTION_SOURCE.encode()).hexdigest()


def write_assembly(folder: Path, resources: dict[str, Any] | None = None) -> Path:
    """Write the assembly; without `resources`, its stack is a function from an asset."""
    (folder / "asset.code").mkdir(parents=True)
    (folder / "asset.code" / "entry.py").write_text(FUNCTION_SOURCE)
    role = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    function = {
        "Runtime": "python3.13",
        "Handler": "entry.handler",
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": "code.zip"},
    }
    capture = {"BucketName": {"Fn::Sub": "scones-local-capture-${AWS::AccountId}-us-east-1"}}
    template = {
        "Resources": resources
        or {
            "Capture": {"Type": "AWS::S3::Bucket", "Properties": capture},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": role},
            },
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        },
        "Outputs": {} if resources else {"Function": {"Value": {"Ref": "Function"}}},
    }
    files = {
        "t": _file(f"{STACK}.template.json", "file", "t.json"),
        CODE: _file("asset.code", "zip", "code.zip"),
    }
    properties = {"templateFile": f"{STACK}.template.json"}
    artifacts = {
        f"{STACK}.assets": {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{STACK}.assets.json"},
        },
        STACK: {
            "type": "aws:cloudformation:stack",
            "properties": properties,
            "dependencies": [f"{STACK}.assets"],
        },
    }
    _write(folder / "manifest.json", {"version": "55.0.0", "artifacts": artifacts})
    _write(folder / f"{STACK}.assets.json", {"version": "55.0.0", "files": files})
    _write(folder / f"{STACK}.template.json", template)
    _write(folder / "Scones-local-Serving.template.json", {"Resources": SERVING})
    return folder


def create_app(_model_dir: Path) -> Starlette:
    """Return a container that is certain of every photo."""

    async def ping(_request: Request) -> Response:
        return Response()

    async def invoke(_request: Request) -> Response:
        return JSONResponse({"probabilities": {"bicycle": 1.0}, "model_version": "v"})

    return Starlette(routes=[Route("/ping", ping), Route("/invocations", invoke, methods=["POST"])])


def _file(path: str, packaging: str, key: str) -> dict[str, Any]:
    return {
        "source": {"path": path, "packaging": packaging},
        "destinations": {"here": {"bucketName": BUCKET, "objectKey": key}},
    }


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
