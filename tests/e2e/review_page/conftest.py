"""The review page of a running stage, and browsers that open it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.leaving import Window
from tests.e2e.review_page.review_stage import ReviewStage, open_review_stage
from tests.e2e.review_page.signing_in import TOKENS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

NAMES = tuple(f"{place}.jpg" for place in range(10))
HOSTILE = '<img src=x onerror=alert(1)> "quoted" & \u202egpj.exe.jpg'
# The browser's message about failures that a test causes; they are not errors of the page.
_EXPECTED = "Failed to load resource"
_PAGE_FILES = ("document", "script", "stylesheet")  # must load in every test with `open_page`


@pytest.fixture(scope="session")
def shared_review_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReviewStage]:
    with open_review_stage(tmp_path_factory.mktemp("review_stage")) as running:
        running.upload(*NAMES, HOSTILE)
        yield running


@pytest.fixture
def review_stage(shared_review_stage: ReviewStage) -> ReviewStage:
    shared_review_stage.clear()
    return shared_review_stage


@pytest.fixture
def open_page(browser: "Browser", review_stage: ReviewStage) -> "Iterator[Callable[..., Page]]":
    """Return a function that opens the page as a person, and fail on any error in its console."""
    errors: list[str] = []
    windows: list[Window] = []

    def record_failure(response: "Response") -> None:
        if response.status >= 400 and response.request.resource_type in _PAGE_FILES:
            errors.append(f"{response.url} failed with {response.status}")

    def open_as(
        name: str = "ana",
        *,
        tokens: str | None = None,
        width: int = 1280,
        height: int = 800,
        clock: bool = False,
        **options: Any,
    ) -> "Page":
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(15_000)
        windows.append(Window(context))
        stored = tokens if tokens is not None else review_stage.signed_in(name)
        if stored:
            # Only in a new tab: tokens that the page itself stores later must stay.
            context.add_init_script(
                f"if (!sessionStorage.length) sessionStorage.setItem({TOKENS!r}, {stored!r});"
            )
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.on("response", record_failure)
        page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
        if clock:
            page.clock.install()
        page.goto(f"{review_stage.url}/review")
        return page

    yield open_as
    for window in windows:
        window.close()
    assert [error for error in errors if _EXPECTED not in error] == []


@pytest.fixture(scope="session", autouse=True)
def _timeout() -> None:
    """Wait longer than by default, because machines that run tests are busy."""
    api = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT)
    api.expect.set_options(timeout=20_000)
