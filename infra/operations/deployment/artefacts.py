"""Image and archive that a deployment makes of today's sources.

Their names follow from their content. So they are known, checked and approved before anything is
made, and the same sources are made once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from infra.operations.deployment.model_archive import ModelArchive
from infra.operations.deployment.serving_image import ROOT_USER, ServingImage, platform_of
from infra.synthesis.synth import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from infra.config import StageConfig
    from infra.operations.deployment.account import Account


SHIPPED_MODEL = ROOT / "training" / "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """What image and archive are made of."""

    model: Path = SHIPPED_MODEL  # folder of model and manifest
    user: str = ROOT_USER  # of the container


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefacts:
    """An image and an archive, made or still to be made; None: not by this deployment."""

    archive: ModelArchive | None
    image: ServingImage | None
    has_archive: bool = True  # whether the account has it already
    has_image: bool = True

    @classmethod
    def planned(
        cls, account: Account, config: StageConfig, build: Build, *, given: Collection[str]
    ) -> Self:
        """Name both and look which of them exist; nothing is made.

        Settings in `given` name one that was made elsewhere. The emulator's endpoint needs no
        image.
        Raises: DeploymentRefused, ClientError, BotoCoreError.
        """
        archive = image = None
        if "model_data_url" not in given:
            archive = ModelArchive.of_folder(build.model, account, stage=config.stage)
        if "model_image_uri" not in given and not account.is_emulator:
            platform = platform_of(config.endpoint_instance_type)
            image = ServingImage.of_sources(account, platform=platform, user=build.user)
        return cls(
            archive=archive,
            image=image,
            has_archive=archive is None or archive.is_uploaded(account.session.client("s3")),
            has_image=image is None or image.exists(account.session.client("ecr")),
        )

    @property
    def settings(self) -> dict[str, str]:
        """The lines of the stage's file that name them."""
        archive = {} if self.archive is None else {"model_data_url": self.archive.url}
        image = {} if self.image is None else {"model_image_uri": self.image.uri}
        return archive | image

    @property
    def steps(self) -> list[str]:
        """What is still to be made, in words for the question before it."""
        build = [] if self.has_image else ["build and push the image"]
        return [*build, *([] if self.has_archive else ["upload the model"])]

    def make(self, account: Account, *, show: Callable[[str], None]) -> None:
        """Make what is missing; each thing is shown once it is made.

        Raises: ImageNotBuilt, ClientError, BotoCoreError.
        """
        # The image first: building may fail on this machine, and leaves nothing in the account.
        if self.image is not None and not self.has_image:
            self.image.build(account.session.client("ecr"), show=show)
        if self.archive is not None and not self.has_archive:
            self.archive.upload(account.session.client("s3"), region=account.region, show=show)
