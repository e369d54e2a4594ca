"""The reviewers' page of a real stage, and browsers that look at it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.leaving import Window
from tests.e2e.review_page.office import Office, open_office
from tests.e2e.review_page.signing_in import TOKENS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

NAMES = tuple(f"{place}.jpg" for place in range(10))
HOSTILE = '<img src=x onerror=alert(1)> "quoted" & \u202egpj.exe.jpg'
# What a browser says of answers that a test asked for: no error of the page.
_EXPECTED = "Failed to load resource"
_OF_THE_PAGE = ("document", "script", "stylesheet")  # which no test keeps from `at_desk`


@pytest.fixture(scope="session")
def running_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office")) as running:
        running.upload(*NAMES, HOSTILE)
        yield running


@pytest.fixture
def office(running_office: Office) -> Office:
    running_office.clear()
    return running_office


@pytest.fixture
def at_desk(browser: "Browser", office: Office) -> "Iterator[Callable[..., Page]]":
    """Opens the page for somebody; all of it comes, and no script and no policy complains."""
    complaints: list[str] = []
    windows: list[Window] = []

    def note_refused(answer: "Response") -> None:
        if answer.status >= 400 and answer.request.resource_type in _OF_THE_PAGE:
            complaints.append(f"{answer.url} answered {answer.status}")

    def sit_down(
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
        kept = tokens if tokens is not None else office.signed_in(name)
        if kept:
            # Once a tab: what the page itself makes of them later stays.
            context.add_init_script(
                f"if (!sessionStorage.length) sessionStorage.setItem({TOKENS!r}, {kept!r});"
            )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("response", note_refused)
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        if clock:
            page.clock.install()
        page.goto(f"{office.url}/review")
        return page

    yield sit_down
    for window in windows:
        window.close()
    assert [each for each in complaints if _EXPECTED not in each] == []


@pytest.fixture(scope="session", autouse=True)
def _patience() -> None:
    """Machines that run tests are busy: what is waited for mostly comes at once."""
    api = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT)
    api.expect.set_options(timeout=20_000)
