"""The drivers' door: entry of its Lambda function."""

from typing import TYPE_CHECKING, Any

from handlers.drivers import own_photos, publishing, uploading
from handlers.drivers.parts import door

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Importing them has registered their operations.
__all__ = ["lambda_handler", "own_photos", "publishing", "uploading"]


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """One call of the API, as the gateway hands it on (payload 2.0)."""
    return door.open(event, context)
