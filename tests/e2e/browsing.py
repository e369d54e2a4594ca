"""Finds an installed browser and starts it with an empty profile."""

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

NO_PLAYWRIGHT = "Playwright, which drives the browser, is not installed"
NO_BROWSER = "no browser: install chromium or google-chrome, or set SCONES_BROWSER"
# No connection leaves this machine.
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser_path() -> str | None:
    """Return the path of the browser, or None if no browser is installed."""
    names = ("chromium", "google-chrome", "chromium-browser")
    installed = filter(None, map(shutil.which, names))
    return os.environ.get("SCONES_BROWSER") or next(installed, None)


@contextlib.contextmanager
def launched(path: str, home: Path) -> "Iterator[Browser]":
    """Run the browser at `path` until the block ends; `home` is its home directory."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 # not installed everywhere

    arguments = [*_ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else [*_ARGUMENTS]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=arguments, env={**os.environ, "HOME": str(home)}
        )
        yield browser
        browser.close()
