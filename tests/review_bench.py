"""How fast a person could go: a script that works through the reviewers' page of a real stage.

`python -m tests.review_bench`. Not collected by pytest: nothing here can fail. The script presses a
key as soon as the page takes one, so what it measures is the page, the API and the stage.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from handlers.page.assets import read_assets
from tests.e2e.browsing import NO_BROWSER, browser_path, launched
from tests.e2e.review_page.office import Office, open_office
from tests.e2e.review_page.signing_in import TOKENS

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Presses 1 whenever it is taken; afterwards, for each press, the time until the next photo could be
# seen: from the key event to the frame after the one in which the photo changed.
_WORK = """async (count) => {
    const frame = document.getElementById("frame");
    const first = document.querySelector("#choices button");
    const photo = () => frame.querySelector(".photo");
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const ready = () => photo() && first.getAttribute("aria-disabled") === "false";
    const until = async (met) => { while (!met()) await painted(); };
    const times = [];
    await until(ready);
    while (times.length < count) {
        const before = photo();
        let pressed;
        while (photo() === before) {
            pressed = performance.now();
            document.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true }));
            if (photo() === before) await painted();
        }
        await until(ready);
        await painted();
        times.push(performance.now() - pressed);
    }
    return times;
}"""


def main() -> None:
    """One table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60)
    photos: int = parser.parse_args().photos
    path = browser_path()
    if path is None:
        sys.exit(NO_BROWSER)
    with tempfile.TemporaryDirectory() as folder, open_office(Path(folder)) as office:
        office.upload(*(f"{place:04}.jpg" for place in range(photos)))
        office.clear()
        office.arrive(*office.arrived)
        with launched(path, Path(folder)) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            # The last photo is left: after it, the queue is empty and nothing comes next.
            started, times = _work(page, office, photos - 2)
            took_s = time.monotonic() - started
    Console().print(_table(times, took_s))


def _work(page: "Page", office: Office, count: int) -> tuple[float, list[float]]:
    tokens = office.signed_in("ana")
    page.add_init_script(f"sessionStorage.setItem({TOKENS!r}, {tokens!r});")
    page.goto(f"{office.url}/review")
    page.locator(".photo").wait_for(timeout=60_000)
    started = time.monotonic()
    times: list[float] = page.evaluate(_WORK, count)
    return started, times


def _table(times: list[float], took_s: float) -> Table:
    assets = read_assets().values()
    plain = sum(len(asset.text.encode()) for asset in assets)
    sent = sum(len(asset.compressed) for asset in assets)
    table = Table("figure", "value", title="The reviewers' page, worked through by a script")
    table.add_row("verdicts", str(len(times)))
    table.add_row("verdicts a minute", f"{60 * len(times) / took_s:.0f}")
    table.add_row("key press to next photo, median", f"{statistics.median(times):.0f} ms")
    table.add_row("… 95 %", f"{statistics.quantiles(times, n=20)[-1]:.0f} ms")
    table.add_row("page assets", f"{plain / 1e3:.1f} kB, {sent / 1e3:.1f} kB compressed")
    return table


if __name__ == "__main__":
    main()
