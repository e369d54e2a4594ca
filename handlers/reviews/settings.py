"""What the reviewers' function reads from its environment."""

from dataclasses import dataclass

from handlers.settings import DoorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings(DoorSettings):
    """Settings of the reviewers' function."""

    photos_table: str
    assignments_table: str
    reviewers_table: str
    review_queue_url: str
    policy_parameter: str  # for the order range of each vehicle
    audit_salt_secret: str  # draws the blind and the second opinions, too
    assignment_valid_hours: float
    review_lease_s: float
    undo_window_s: float
    blind_share: float  # 0..1 of the reviews that are no audits
    second_share: float  # 0..1 of all reviews
