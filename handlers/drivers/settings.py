"""What the drivers' function reads from its environment."""

from dataclasses import dataclass

from handlers.settings import DoorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DriversSettings(DoorSettings):
    """Names of what it touches."""

    intake_bucket: str
    uploads_table: str
    upload_retention_days: float
    photos_table: str
    assignments_table: str
    review_queue_url: str
    sign_in_url: str
