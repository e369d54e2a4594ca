"""Every operation of the API, whichever function answers it; data only."""

from handlers.drivers.operations import OPERATIONS as DRIVERS_OPERATIONS
from handlers.page.operations import OPERATIONS as PAGE_OPERATIONS
from handlers.reviews.operations import OPERATIONS as REVIEWS_OPERATIONS

EVERY_OPERATION = (*DRIVERS_OPERATIONS, *REVIEWS_OPERATIONS, *PAGE_OPERATIONS)
