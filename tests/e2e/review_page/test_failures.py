"""Failures are shown on the page, and no verdict is lost or recorded twice."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.leaving import LEASES_A_PHOTO, Window
from tests.e2e.review_page.review_stage import ReviewStage
from tests.e2e.review_page.signing_in import TOKENS
from tests.e2e.review_page.test_deciding import press, shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

OpenPage = Callable[..., "Page"]
AWAY_MS = 400_000
KEPT = "Object.keys(localStorage).filter((name) => name.startsWith('scones.verdict.')).length"


def test_a_photo_that_a_colleague_decided_is_shown_as_lost(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    page = open_page(clock=True)
    shown(page)
    review_stage.end_lease(photo)
    ben = review_stage.colleague("ben")
    review = ben.next()
    assert review is not None
    choice = ben.get("/reviews/choices").body["choices"][1]
    assert ben.verdict(review, choice["verdict"]).status == 200
    page.clock.fast_forward(60_000)  # the next heartbeat
    expect(page.locator("#message")).to_contain_text("This photo is no longer yours")
    expect(page.locator("#message")).to_contain_text(f"ben decided “{choice['label']}”")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Nothing to review")


def test_a_verdict_on_a_colleagues_photo_is_shown_as_not_counted(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg")
    page = open_page()
    mine = shown(page)
    photo = photos[int(mine[0]) - 1]
    review_stage.end_lease(photo)
    ben = review_stage.colleague("ben")
    review = ben.next()
    assert review is not None
    assert review["photo_id"] == photo
    page.keyboard.press("1")
    expect(page.locator("#notice")).to_contain_text(f"for {mine} was not counted. ben has it now.")
    assert shown(page) != mine  # and the next photo is shown
    assert review_stage.row(photo)["review"] == "open"


def test_a_reviewer_who_is_away_loses_the_photo(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    page = open_page(clock=True)
    shown(page)
    page.clock.fast_forward(AWAY_MS)
    expect(page.locator("#message")).to_contain_text("It was not looked at for a while")
    review_stage.end_lease(photo)
    page.keyboard.press("Enter")
    assert shown(page) == "1.jpg"


def test_photos_are_released_when_the_page_closes(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg", "3.jpg")
    page = open_page()
    shown(page)
    held = [photo for photo in photos if "lease_id" in review_stage.row(photo)]
    for photo in photos:
        if photo not in held and len(held) < 2:
            review_stage.await_row(photo, "lease_id")
    page.goto(f"{review_stage.url}/openapi.json")
    for photo in photos:
        review_stage.await_free(photo)
        assert review_stage.row(photo)["review"] == "open"


def test_a_verdict_without_a_connection_is_kept_and_sent_once(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg")
    page = open_page()
    shown(page)
    for photo in photos:
        review_stage.await_row(photo, "lease_id")  # the other one is fetched ahead
    page.wait_for_timeout(500)
    page.context.set_offline(offline=True)
    mine = press(page, "1")
    expect(page.locator("#connection")).to_have_text(
        "No connection. 1 verdict is kept on this device."
    )
    assert shown(page) != mine
    assert page.evaluate(KEPT) == 1
    photo = photos[int(mine[0]) - 1]
    assert review_stage.row(photo)["review"] == "open"
    page.context.set_offline(offline=False)
    row = review_stage.await_row(photo, "review", "done")
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#notice")).to_contain_text("Sent after all")
    assert len(row["decisions"]) == 1
    assert page.evaluate(KEPT) == 0


def test_an_unsent_verdict_survives_a_reload(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    page = open_page()
    page.route("**/verdict", lambda route: route.abort())
    press(page, "1")
    expect(page.locator("#connection")).to_contain_text("1 verdict is kept on this device")
    page.unroute_all(behavior="wait")
    page.reload()
    row = review_stage.await_row(photo, "review", "done")
    assert [decision["decided_by"] for decision in row["decisions"]] == ["ana"]
    expect(page.locator("#connection")).to_be_hidden()


def test_a_verdict_whose_response_was_lost_counts_once(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    page = open_page()
    keys: list[str] = []

    def lose_the_first(route: "Route") -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            return route.continue_()
        route.fetch()
        return route.abort()

    page.route("**/verdict", lose_the_first)
    press(page, "1")
    expect(page.locator("#notice")).to_contain_text("Sent after all")
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert len(review_stage.row(photo)["decisions"]) == 1
    page.unroute_all(behavior="wait")


def test_a_verdict_is_never_sent_in_the_name_of_another_reviewer(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    review_stage.open_reviews("1.jpg")
    page = open_page("ana")
    sent: list[str] = []

    def refuse(route: "Route") -> None:
        sent.append(route.request.url)
        route.abort()

    page.route("**/verdict", refuse)
    press(page, "1")
    expect(page.locator("#connection")).to_contain_text("1 verdict is kept")
    tokens = review_stage.signed_in("ben")
    page.evaluate("tokens => sessionStorage.setItem('scones.tokens', tokens)", tokens)
    page.reload()
    expect(page.locator("#who")).to_have_text("ben")
    sent.clear()
    expect(page.locator("#waiting")).to_have_text(re.compile(r"\d"))
    assert page.evaluate(KEPT) == 1
    assert not sent
    page.unroute_all(behavior="wait")


def test_an_unsent_verdict_can_be_undone(review_stage: ReviewStage, open_page: OpenPage) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg", "3.jpg")
    page = open_page()
    shown(page)
    page.wait_for_timeout(1500)  # the second one is fetched ahead
    page.context.set_offline(offline=True)
    press(page, "1")
    expect(page.locator("#connection")).to_contain_text("1 verdict is kept")
    second = press(page, "1")
    page.keyboard.press("u")
    expect(page.locator("#notice")).to_contain_text(f"for {second}. Decide anew.")
    assert shown(page) == second
    page.context.set_offline(offline=False)
    expect(page.locator("#notice")).to_contain_text("Sent after all")
    assert sum(review_stage.row(photo)["review"] == "done" for photo in photos) == 1


def test_an_empty_queue_is_shown_until_a_photo_arrives(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    page = open_page()
    expect(page.locator("#message")).to_contain_text("Nothing to review")
    expect(page.locator("#live")).to_have_text("Nothing to review")
    review_stage.open_reviews("1.jpg")
    assert shown(page) == "1.jpg"


def test_a_closed_window_takes_no_photo_of_the_next_test(
    review_stage: ReviewStage, browser: "Browser"
) -> None:
    """The last call of a test may wait for a photo, since the queue is empty."""
    window = Window(browser.new_context())
    window.context.add_init_script(
        f"sessionStorage.setItem({TOKENS!r}, {review_stage.signed_in('ana')!r});"
    )
    page = window.context.new_page()
    with page.expect_request(f"**{LEASES_A_PHOTO}"):
        page.goto(f"{review_stage.url}/review")
    window.close()
    (photo,) = review_stage.open_reviews("1.jpg")
    review = review_stage.colleague("ben").next()
    assert review is not None
    assert review["photo_id"] == photo


def test_a_picture_that_failed_to_load_can_be_requested_again(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    review_stage.open_reviews("1.jpg")
    page = open_page(tokens="")
    page.route("**/image?*", lambda route: route.fulfill(body="no picture", status=200))
    page.evaluate(
        "tokens => sessionStorage.setItem('scones.tokens', tokens)", review_stage.signed_in("ana")
    )
    page.reload()
    expect(page.locator("#message")).to_contain_text("The photo cannot be shown")
    page.unroute_all(behavior="wait")
    page.keyboard.press("Enter")
    expect(page.locator(".photo")).to_be_visible()


def test_a_page_with_a_missing_script_offers_to_load_again(
    review_stage: ReviewStage, browser: "Browser"
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/view.js", lambda route: route.fulfill(status=503))
        page.goto(f"{review_stage.url}/review")
        expect(page.locator("#slow")).to_be_visible()
        page.unroute_all(behavior="wait")
        page.get_by_role("link", name="Load it again").click()
        expect(page.locator("#message")).to_contain_text("Sign in to review photos")
        expect(page.locator("#slow")).to_be_hidden()


def test_a_page_without_its_settings_starts_by_itself_later(
    review_stage: ReviewStage, browser: "Browser"
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/config.json", lambda route: route.fulfill(status=503))
        page.goto(f"{review_stage.url}/review")
        expect(page.locator("#message")).to_contain_text("It tries again by itself")
        page.unroute_all(behavior="wait")
        expect(page.locator("#message")).to_contain_text("Sign in to review photos")
