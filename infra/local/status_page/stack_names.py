"""Names of the resources that the page reads, from the stack's outputs and the endpoint."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from infra.local.sagemaker.invocations import VARIANT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.sagemaker.capture_lines import CaptureSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class StackNames:
    """Names and addresses; each field is an option of the process: `--photos-table NAME`."""

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
        """Take the names from the outputs of the stack `Pipeline` and from the endpoint."""
        segments = (capture.prefix, endpoint_name, VARIANT)
        return cls(
            intake_bucket=outputs["IntakeBucket"],
            photos_table=outputs["PhotosTable"],
            assignments_table=outputs["AssignmentsTable"],
            review_queue_url=outputs["ReviewQueueUrl"],
            review_dead_letters_url=outputs["ReviewDeadLettersUrl"],
            failures_queue_url=outputs["FailuresQueueUrl"],
            intake_dead_letters_url=outputs["IntakeDeadLettersUrl"],
            capture_bucket=capture.bucket,
            capture_prefix="/".join(segment for segment in segments if segment),
        )

    def options(self) -> list[str]:
        """Return the names as words of a command line."""
        options = {f"--{name.replace('_', '-')}": value for name, value in asdict(self).items()}
        return [word for pair in options.items() for word in pair]
