"""Every operation of the API, whichever function handles it."""

from handlers.api.contract.drivers import OPERATIONS as DRIVERS_OPERATIONS
from handlers.api.contract.review_page import OPERATIONS as REVIEW_PAGE_OPERATIONS
from handlers.api.contract.reviews import OPERATIONS as REVIEWS_OPERATIONS

EVERY_OPERATION = (*DRIVERS_OPERATIONS, *REVIEWS_OPERATIONS, *REVIEW_PAGE_OPERATIONS)
