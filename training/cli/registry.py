"""`python -m training`: pack and register a model, run the gate, approve it, deploy it."""

import getpass
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated

import boto3
import typer
from rich.console import Console
from rich.table import Table

from training.cli.errors import exit_on_error
from training.cli.options import SHIPPED
from training.registry.archive import ARCHIVE_NAME, pack, unpack
from training.registry.model_package import ModelPackage
from training.registry.model_store import ModelStore
from training.registry.promotion_gate import GateResult, GateRules
from training.registry.registry import GROUP, Registry
from training.registry.resolve_model import find_model
from training.registry.run_gate import compare
from training.sagemaker.errors import InvalidRequest, translated
from training.serving.manifest import MANIFEST_NAME

REFUSED = 1
INSTANCE_TYPES = ("ml.c5.large",)

app = typer.Typer()

Group = Annotated[str, typer.Option(help="Group of model packages.")]
Bucket = Annotated[str, typer.Option(help="Bucket for the model's files.")]


def registry_of(group: str, bucket: str = "") -> Registry:
    """Open a group of model packages with the environment's credentials. Raises: CloudError."""
    with translated("opening the registry"):
        session = boto3.Session()
        store = ModelStore(s3=session.client("s3"), bucket=bucket)
        return Registry(sagemaker=session.client("sagemaker"), store=store, group=group)


@app.command("pack")
def pack_command(
    model: Annotated[Path, typer.Argument(help="Folder of model and manifest.")] = SHIPPED,
    out: Annotated[Path, typer.Option(help="Where the archive goes.")] = Path(
        f"build/{ARCHIVE_NAME}"
    ),
) -> None:
    """Pack a model for SageMaker; the same model gives the same bytes.

    Example: python -m training pack build/model --out build/model.tar.gz
    """
    with exit_on_error() as console:
        content = pack(model)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
        console.print(f"{out}: {len(content):,} bytes")


@app.command()
def register(
    image_uri: Annotated[str, typer.Option(help="The serving container in ECR.")],
    bucket: Bucket,
    model: Annotated[Path, typer.Argument(help="Folder of model and manifest.")] = SHIPPED,
    *,
    group: Group = GROUP,
    instance_type: Annotated[list[str] | None, typer.Option(help="Repeat for more.")] = None,
) -> None:
    """Register a model for approval; a registered one is not registered again.

    Example: python -m training register build/model --bucket models --image-uri …/serving:1
    """
    with exit_on_error() as console:
        package = registry_of(group, bucket).register(
            model, image_uri=image_uri, instance_types=instance_type or INSTANCE_TYPES
        )
        _show_package(console, package)


@app.command()
def promote(
    candidate: Annotated[str, typer.Argument(help="Package's ARN, folder, or s3://… archive.")],
    data: Annotated[list[Path], typer.Option(help="Test photos; repeat for more folders.")],
    *,
    current: Annotated[str, typer.Option(help="The same, or `approved`.")] = str(SHIPPED),
    allow_changes: Annotated[
        bool, typer.Option("--allow-changes", help="Classes or input may change.")
    ] = False,
    image_uri: Annotated[
        str, typer.Option(help="Register the candidate, with this serving container.")
    ] = "",
    bucket: Bucket = "",
    group: Group = GROUP,
) -> None:
    """Run the promotion gate on a candidate; register it if asked, and record the result.

    Exit code: 0 passed, 1 refused, 2 the gate could not run.

    Example: python -m training promote build/model --data ../shared/data
    """
    with exit_on_error() as console, tempfile.TemporaryDirectory(prefix="scones-gate-") as scratch:
        registry = cache(lambda: registry_of(group, bucket))
        new = find_model(candidate, registry, Path(scratch, "candidate"))
        old = find_model(current, registry, Path(scratch, "current"))
        rules = GateRules(changes_allowed=allow_changes)
        result = compare(old.folder, new.folder, data, rules)
        _show_result(console, result)
        package = new.package
        if image_uri:
            package = registry().register(
                new.folder, image_uri=image_uri, instance_types=INSTANCE_TYPES
            )
        if package:
            _show_package(console, registry().record(package, result))
    if not result.passed:
        raise typer.Exit(REFUSED)


@app.command()
def approve(
    arn: Annotated[str, typer.Argument(help="ARN of the package.")],
    *,
    by: Annotated[str, typer.Option(help="Who decides.")] = "",
    reason: Annotated[str, typer.Option(help="Needed if the gate did not pass it.")] = "",
    reject: Annotated[bool, typer.Option("--reject", help="Reject it instead.")] = False,
    out: Annotated[Path, typer.Option(help="Where the model's files go.")] = Path("build/models"),
    in_service: Annotated[str, typer.Option(help="Manifest of the model that it follows.")] = (
        "training/shipped/manifest.json"
    ),
    stage: Annotated[str, typer.Option(help="Stage that the printed command deploys.")] = "prod",
    group: Group = GROUP,
) -> None:
    """Approve or reject a registered model, and print the command that deploys it.

    Example: python -m training approve arn:aws:sagemaker:…:model-package/scones-vehicle/3
    """
    with exit_on_error() as console:
        registry = registry_of(group)
        package = registry.package(arn)
        decided = registry.decide(
            package, approve=not reject, by=by or getpass.getuser(), reason=reason
        )
        _show_package(console, decided)
        if not reject:
            folder = out / package.model_version
            registry.download(package, folder)
            manifests = [in_service, f"{folder}/{MANIFEST_NAME}"]
            console.print(deployment(decided, manifests, stage=stage))


@app.command()
def models(group: Group = GROUP) -> None:
    """List the registered models, newest first."""
    with exit_on_error() as console:
        table = Table("model", "status", "gate", "package")
        for package in registry_of(group).packages():
            gate = package.metadata.get("gate", "not run")
            table.add_row(package.model_version, package.status, gate, package.arn)
        console.print(table)


@app.command("unpack")
def unpack_command(
    archive: Annotated[str, typer.Argument(help="s3://…/model.tar.gz, or a file.")],
    out: Annotated[Path, typer.Option(help="Where model and manifest go.")] = Path("build/model"),
) -> None:
    """Unpack a training job's model and verify it."""
    with exit_on_error() as console:
        if archive.startswith("s3://"):
            content = registry_of(GROUP).store.get(archive)
        elif Path(archive).is_file():
            content = Path(archive).read_bytes()
        else:
            raise InvalidRequest(f"{archive} is neither a file nor an address in S3")
        console.print(f"{unpack(content, out).model_version} in {out}")


def _show_package(console: Console, package: ModelPackage) -> None:
    """Print one package."""
    console.print(f"{package.model_version}: {package.status}  {package.arn}")
    if package.description:
        console.print(package.description)


def _show_result(console: Console, result: GateResult) -> None:
    """Print the gate's figures and reasons."""
    console.print(f"{result.candidate} against {result.current}: {result.status}")
    for name, figure in result.figures.items():
        console.print(f"  {name}: {figure}")
    for reason in result.reasons:
        console.print(f"  - {reason}")


def deployment(package: ModelPackage, manifests: Sequence[str], *, stage: str) -> str:
    """Return the command that deploys an approved model, and changes no other setting.

    It names the manifests of both models, as the old one answers until the endpoint has swapped.
    """
    return (
        f"scones deploy {stage} --image-uri {package.image_uri} --model-url "
        f"{package.model_data_url}" + "".join(f" --manifest {name}" for name in manifests)
    )
