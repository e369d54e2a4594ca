"""The browser of end-to-end tests."""

from typing import TYPE_CHECKING

import pytest

from tests.e2e.browsing import NO_BROWSER, NO_PLAYWRIGHT, browser_path, launched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Browser]":
    pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT)
    path = browser_path()
    if path is None:
        pytest.skip(NO_BROWSER)
    with launched(path, tmp_path_factory.mktemp("home")) as browser:
        yield browser
