"""What the page reads, by name: the outputs of the stack, and where capture files lie."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from infra.local.sagemaker.invocations import VARIANT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.sagemaker.capture_lines import CaptureSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlaces:
    """Each field is an option of the process: `--photos-table NAME`."""

    intake_bucket: str
    photos_table: str
    assignments_table: str
    review_queue_url: str
    review_dead_letters_url: str
    failures_queue_url: str
    intake_dead_letters_url: str
    capture_bucket: str
    capture_prefix: str  # up to the variant, without a slash at its end

    @classmethod
    def of_stage(
        cls, outputs: Mapping[str, str], *, endpoint_name: str, capture: CaptureSettings
    ) -> Self:
        """From the outputs of the stack `Pipeline` and what the endpoint captures."""
        parts = (capture.prefix, endpoint_name, VARIANT)
        return cls(
            intake_bucket=outputs["IntakeBucket"],
            photos_table=outputs["PhotosTable"],
            assignments_table=outputs["AssignmentsTable"],
            review_queue_url=outputs["ReviewQueueUrl"],
            review_dead_letters_url=outputs["ReviewDeadLettersUrl"],
            failures_queue_url=outputs["FailuresQueueUrl"],
            intake_dead_letters_url=outputs["IntakeDeadLettersUrl"],
            capture_bucket=capture.bucket,
            capture_prefix="/".join(part for part in parts if part),
        )

    def options(self) -> list[str]:
        """As words of a command line."""
        named = {f"--{name.replace('_', '-')}": value for name, value in asdict(self).items()}
        return [word for pair in named.items() for word in pair]
