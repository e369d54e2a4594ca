"""A browser's window is closed only once the calls that may take a photo are answered.

Such a call waits for a message at the function, and goes on waiting there after the window is
closed: it would take the photo of the next test.
"""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Request

TAKES_A_PHOTO = "/reviews/next"
ANSWERED_WITHIN_S = 10  # a call that a test never lets through has no answer


class Window:
    """A browser context, and its calls that may take a photo."""

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self._calls: set[Request] = set()
        context.on("request", self._begun)
        context.on("requestfinished", self._ended)
        context.on("requestfailed", self._ended)

    def close(self) -> None:
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while self._calls and self.context.pages and time.monotonic() < deadline:
            self.context.pages[0].wait_for_timeout(20)
        self.context.close()

    def _begun(self, request: "Request") -> None:
        if request.url.endswith(TAKES_A_PHOTO):
            self._calls.add(request)

    def _ended(self, request: "Request") -> None:
        self._calls.discard(request)
