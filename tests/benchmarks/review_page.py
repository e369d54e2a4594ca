"""A script works through the reviewers' page of a local stage: `python -m …benchmarks.review_page`.

The script presses a key as soon as the page accepts one, so it measures the page, the API and the
stage without a person. It needs an installed browser.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from handlers.review_page.assets import read_assets
from tests.benchmarks.measurement import Measurements, run
from tests.e2e.browsing import NO_BROWSER, browser_path, launched
from tests.e2e.review_page.review_stage import ReviewStage, open_review_stage
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


TITLE = "The reviewers' page, worked through by a script"
PHOTOS, SHORT = 60, 6


def measure(*, short: bool) -> Measurements:
    """Return one row; the times are from a key press to the next photo on the screen."""
    path = browser_path()
    if path is None:
        sys.exit(NO_BROWSER)
    photos = SHORT if short else PHOTOS
    with tempfile.TemporaryDirectory() as folder, open_review_stage(Path(folder)) as review_stage:
        review_stage.upload(*(f"{place:04}.jpg" for place in range(photos)))
        review_stage.clear()
        review_stage.open_reviews(*review_stage.stored)
        with launched(path, Path(folder)) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            # The last photo is left: after it, the queue is empty and nothing comes next.
            started, times_ms = _work(page, review_stage, photos - 2)
            took_s = time.monotonic() - started
    assets = read_assets().values()
    return {
        "review page": {
            "verdicts": len(times_ms),
            "verdicts_a_minute": 60 * len(times_ms) / took_s,
            "median_ms": statistics.median(times_ms),
            "p95_ms": statistics.quantiles(times_ms, n=20)[-1],
            "assets_kb": sum(len(asset.text.encode()) for asset in assets) / 1e3,
            "compressed_kb": sum(len(asset.compressed) for asset in assets) / 1e3,
        }
    }


def _work(page: "Page", review_stage: ReviewStage, count: int) -> tuple[float, list[float]]:
    tokens = review_stage.signed_in("ana")
    page.add_init_script(f"sessionStorage.setItem({TOKENS!r}, {tokens!r});")
    page.goto(f"{review_stage.url}/review")
    page.locator(".photo").wait_for(timeout=60_000)
    started = time.monotonic()
    times: list[float] = page.evaluate(_WORK, count)
    return started, times


if __name__ == "__main__":
    run(measure, TITLE)
