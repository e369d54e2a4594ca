"""The registry and the gate's verdict, as people read them."""

from collections.abc import Sequence

from rich.console import Console

from training.registry.model_package import ModelPackage
from training.registry.promotion_gate import GateResult


def show(console: Console, package: ModelPackage) -> None:
    """One package."""
    console.print(f"{package.model_version}: {package.status}  {package.arn}")
    if package.description:
        console.print(package.description)


def show_verdict(console: Console, result: GateResult) -> None:
    """The gate's figures and reasons."""
    console.print(f"{result.candidate} against {result.current}: {result.status}")
    for name, figure in result.figures.items():
        console.print(f"  {name}: {figure}")
    for reason in result.reasons:
        console.print(f"  - {reason}")


def deployment(package: ModelPackage, manifests: Sequence[str]) -> str:
    """The command that puts an approved model into service.

    With both models' policies, as the old one answers until the endpoint has swapped.
    """
    return (
        "npx cdk deploy --all -c stage=prod \\\n"
        f"  -c model_image_uri={package.image_uri} \\\n"
        f"  -c model_data_url={package.model_data_url} \\\n"
        f"  -c model_manifests={','.join(manifests)}"
    )
