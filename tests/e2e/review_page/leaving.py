"""Closes a browser's window only after the response of the calls that may lease a photo.

Such a call waits for a message in the function, also after the window is closed, and would lease
the photo of the next test.
"""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Request

LEASES_A_PHOTO = "/reviews/next"
TIMEOUT_S = 10  # a call that a test blocks gets no response


class Window:
    """A browser context, and its open calls that may lease a photo."""

    def __init__(self, context: "BrowserContext") -> None:
        self.context = context
        self._calls: set[Request] = set()
        context.on("request", self._started)
        context.on("requestfinished", self._ended)
        context.on("requestfailed", self._ended)

    def close(self) -> None:
        """Close the context when its calls have ended, or after the time-out."""
        deadline = time.monotonic() + TIMEOUT_S
        while self._calls and self.context.pages and time.monotonic() < deadline:
            self.context.pages[0].wait_for_timeout(20)
        self.context.close()

    def _started(self, request: "Request") -> None:
        if request.url.endswith(LEASES_A_PHOTO):
            self._calls.add(request)

    def _ended(self, request: "Request") -> None:
        self._calls.discard(request)
