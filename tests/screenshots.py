"""Takes the pictures of the README anew: `python -m tests.screenshots` (`make screenshots`).

The demo's output as a terminal shows it, the review page and the monitoring report, of drawn
samples only. Needs Chromium; everything runs on loopback.
"""

import io
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from infra.demo.demo_day import demo_report
from infra.demo.rendering import show_demo
from infra.demo.runner import DemoReport, run_demo
from infra.demo.samples import draw_samples
from infra.operations.upload import files_in
from tests.conftest import ROOT
from tests.e2e.browsing import NO_BROWSER, browser_path, launched
from tests.e2e.review_page.review_stage import open_review_stage
from tests.e2e.review_page.signing_in import TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, ViewportSize

IMAGES = ROOT / "docs" / "images"
SAMPLES = 12
WIDTH = 92  # columns of the terminal
VIEWPORT: "ViewportSize" = {"width": 1000, "height": 640}
REVIEWER = "ana"
UNSURE = ("motorcycle-naked-white-002.png", "motorcycle-scooter-red-006.webp")
QUALITY = 80  # of JPEG
TIMEOUT_MS = 120_000

# Rich's own frame, without the web font that it would load; and the colours of its dark theme.
_FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}"
  xmlns="http://www.w3.org/2000/svg">
  <style>
    .{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace;
      font-size: {char_height}px; line-height: {line_height}px; }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})"
    clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">{matrix}</g>
  </g>
</svg>
"""


def demo_output(target: Path) -> None:
    """Run the demo on a dozen samples and write its output as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        draw_samples(Path(folder), count=SAMPLES)
        report = run_demo(Path(folder), files_in(Path(folder)), step=_step, moved=_ignore)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    show_demo(_relative(report), console)
    svg = console.export_svg(title="make demo", code_format=_FRAME, unique_id="demo")
    target.write_text(svg, encoding="utf-8")


def review_page(browser: "Browser", target: Path) -> None:
    """Start a stage, upload samples that the model is unsure of, photograph the review page."""
    with tempfile.TemporaryDirectory() as folder, open_review_stage(Path(folder)) as running:
        stage = running.stage
        override = stage.outputs["PolicyOverrideParameter"]
        stage.client("ssm").put_parameter(Name=override, Value="{}", Overwrite=True)
        context = browser.new_context(viewport=VIEWPORT)
        context.set_default_timeout(TIMEOUT_MS)
        tokens = running.signed_in(REVIEWER)
        context.add_init_script(f"sessionStorage.setItem({TOKENS!r}, {tokens!r});")
        for name in UNSURE:
            stage.client("s3").put_object(
                Bucket=stage.outputs["IntakeBucket"],
                Key=f"intake/dora/{name}",
                Body=(running.samples / name).read_bytes(),
            )
        page = context.new_page()
        page.goto(f"{running.url}/review")
        page.locator("#choices button[aria-disabled=false]").first.wait_for()
        page.locator("#message", has_text=re.compile(r"\S")).wait_for(state="hidden")
        page.screenshot(path=target, quality=QUALITY)
        context.close()


def report_page(browser: "Browser", target: Path) -> None:
    """Make the report of the generated day with drift and photograph its first screen."""
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "report.html"
        document.write_bytes(demo_report().files["report.html"])
        page = browser.new_page(viewport=VIEWPORT)
        page.goto(document.as_uri())
        page.screenshot(path=target, quality=QUALITY)
        page.close()


def main() -> None:
    """Write every picture. Exits with 2 where no browser is installed."""
    path = browser_path()
    if path is None:
        sys.stderr.write(f"{NO_BROWSER}\n")
        sys.exit(2)
    IMAGES.mkdir(exist_ok=True)
    demo_output(IMAGES / "demo.svg")
    pictures: dict[str, Callable[[Browser, Path], None]] = {
        "review-page.jpg": review_page,
        "report.jpg": report_page,
    }
    with tempfile.TemporaryDirectory() as home, launched(path, Path(home)) as browser:
        for name, take in pictures.items():
            _step(f"Taking {name}")
            take(browser, IMAGES / name)


def _relative(report: DemoReport) -> DemoReport:
    """With the folder of the captures below the project, not on this machine."""
    folder = report.captures.folder.relative_to(ROOT)
    return replace(report, captures=replace(report.captures, folder=folder))


def _step(what: str) -> None:
    sys.stderr.write(f"{what} …\n")


def _ignore(_uploaded: int, _decided: int) -> None:
    return


if __name__ == "__main__":
    main()
