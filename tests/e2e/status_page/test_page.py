"""A browser shows the page of a running stage."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from handlers.domain.photo.wire_image import WIRE_SIDE
from infra.local.status_page.headers import CONTENT_SECURITY_POLICY
from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.status_page.conftest import HOSTILE_KEY, PHOTOS, LivePage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

OpenPage = Callable[..., "Page"]
HIDE = """
Object.defineProperty(document, "hidden", { value: true, configurable: true });
document.dispatchEvent(new Event("visibilitychange"));
"""


@pytest.fixture(autouse=True)
def _settled(live_page: LivePage) -> None:
    live_page.settled()


def test_every_photo_is_listed_with_its_state_and_times(
    live_page: LivePage, open_page: OpenPage
) -> None:
    page = open_page("/")
    rows = page.locator("#photos > li")
    expect(rows).to_have_count(len(live_page.uploaded))
    rejected = rows.filter(has_text="eve/not-a-photo.jpg")
    expect(rejected.locator(".state")).to_have_text("Rejected")
    expect(rejected).to_contain_text("not a photo")
    expect(rejected.locator("[data-phase=classify] dd")).to_have_text("–")  # a dash
    decided = rows.filter(has_text="ada/bicycle.jpg")
    expect(decided.locator(".outcome")).to_contain_text(" %")
    for phase in ("claim", "serialize", "classify", "filter", "record"):
        seconds = decided.locator(f"[data-phase={phase}] dd").inner_text()
        assert float(seconds) >= 0


def test_counts_add_up(live_page: LivePage, open_page: OpenPage) -> None:
    counts = live_page.overview()["counts"]
    states = ("assigned", "in_review", "rejected", "failed", "in_flight")
    assert counts["received"] == sum(counts[state] for state in states) == len(live_page.uploaded)
    page = open_page("/")
    for name in ("received", "rejected", "in_flight"):
        expect(page.locator(f"[data-count={name}] strong")).to_have_text(str(counts[name]))


def test_a_hostile_key_is_shown_as_text(open_page: OpenPage) -> None:
    page = open_page("/")
    link = page.locator("#photos .source a").filter(has_text="onerror")
    shown = HOSTILE_KEY.removeprefix("intake/").replace("\u202e", r"\u{202e}")
    expect(link).to_have_text(shown)
    assert page.locator("img:not(.thumb)").count() == 0
    link.click()
    expect(page.locator("#key")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#event")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("main img").count() == 1


def test_the_browser_runs_only_the_pages_own_scripts(
    browser: "Browser", live_page: LivePage
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        response = page.goto(live_page.url)
        assert response is not None
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        page.evaluate(
            """() => {
                window.ran = false;
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
            }"""
        )
        assert page.evaluate("window.ran") is False


def test_thumbnails_are_pictures(live_page: LivePage, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#photos > li")).to_have_count(len(live_page.uploaded))
    for place in range(len(live_page.uploaded)):
        expect(page.locator(".thumb").nth(place)).to_have_js_property("complete", value=True)
    sides = page.evaluate(
        "[...document.images].map((image) => Math.max(image.naturalWidth, image.naturalHeight))"
    )
    assert sum(side == WIRE_SIDE for side in sides) == len(PHOTOS) - 1
    assert min(sides) > 0  # the placeholder of what is not a photo


def test_a_photos_page_shows_its_records(open_page: OpenPage) -> None:
    page = open_page("/")
    page.locator("#photos .source a").filter(has_text="ada/bicycle.jpg").click()
    for state in ("ClaimOfDriver", "Serialize", "Classify", "Filter", "Route"):
        expect(page.locator("#states")).to_contain_text(state)
    expect(page.locator("#event")).to_contain_text('"detail-type": "Object Created"')
    page.get_by_text("Capture record of the endpoint").click()
    expect(page.locator("#capture")).to_contain_text('"inferenceId"', timeout=15_000)
    expect(page.locator("#probabilities > div")).to_have_count(3)
    expect(page.locator("#connection")).to_have_text("Complete: no more changes")


def test_a_new_photo_appears_by_itself(live_page: LivePage, open_page: OpenPage) -> None:
    rejected = live_page.overview()["counts"]["rejected"]
    page = open_page("/?state=rejected")
    rows = page.locator("#photos > li")
    expect(rows).to_have_count(rejected)
    expect(page.locator("[aria-current]")).to_contain_text("Rejected")
    live_page.upload("intake/eve/another.jpg", "")
    expect(rows.first).to_contain_text("eve/another.jpg", timeout=60_000)
    expect(rows).to_have_count(rejected + 1)


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_a_phone(live_page: LivePage, open_page: OpenPage, *, dark: bool) -> None:
    page = open_page("/", width=390, dark=dark)
    expect(page.locator("#photos > li")).to_have_count(len(live_page.uploaded))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#photos a").first.click()
    expect(page.locator("#states tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_photo_can_be_opened_by_keyboard(live_page: LivePage, open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#photos > li")).to_have_count(len(live_page.uploaded))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the photos"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#states tr").first).to_be_visible()


def test_links_lead_to_older_and_newest_photos(live_page: LivePage, open_page: OpenPage) -> None:
    many = {**live_page.overview(), "of": 500, "older": "2026-11-22T09:00:00Z#ab&c"}

    def with_more(route: "Route") -> None:
        route.fulfill(json=many)

    page = open_page("/")
    page.route("**/api/overview?*", with_more)
    older = page.get_by_role("link", name="Older")
    older.click()
    page.wait_for_url("**/?before=2026-11-22T09%3A00%3A00Z%23ab%26c")
    page.get_by_role("link", name="Newest").click()
    page.wait_for_url("**/")
    page.unroute_all(behavior="wait")


def test_polling_pauses_while_the_page_is_hidden(open_page: OpenPage) -> None:
    page = open_page("/")
    expect(page.locator("#connection")).to_have_text("Live: updates by itself")
    page.evaluate(HIDE)
    expect(page.locator("#connection")).to_have_text("Paused while hidden")


def test_a_stopped_stage_is_shown(browser: "Browser", live_page: LivePage) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(live_page.url)
        expect(page.locator("#connection")).to_have_text("Live: updates by itself")
        context.set_offline(offline=True)
        expect(page.locator("#connection")).to_contain_text("Stage stopped")
        expect(page.locator("#photos > li")).to_have_count(len(live_page.uploaded))
        context.set_offline(offline=False)
        expect(page.locator("#connection")).to_have_text("Live: updates by itself")


def test_an_unknown_photo_is_shown(browser: "Browser", live_page: LivePage) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{live_page.url}/photos/{'0' * 64}")
        expect(page.locator("#empty")).to_contain_text("does not hold this photo")
