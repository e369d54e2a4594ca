"""What goes wrong at a desk is said, and nothing that a person decided is lost or counted twice."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.leaving import TAKES_A_PHOTO, Window
from tests.e2e.review_page.office import Office
from tests.e2e.review_page.signing_in import TOKENS
from tests.e2e.review_page.test_deciding import press, shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

AtDesk = Callable[..., "Page"]
AWAY_MS = 400_000
KEPT = "Object.keys(localStorage).filter((name) => name.startsWith('scones.verdict.')).length"


def test_a_photo_that_a_colleague_decided_is_lost_and_said(office: Office, at_desk: AtDesk) -> None:
    (photo,) = office.arrive("1.jpg")
    page = at_desk(clock=True)
    shown(page)
    office.end_lease(photo)
    ben = office.colleague("ben")
    review = ben.next()
    assert review is not None
    choice = ben.get("/reviews/choices").body["choices"][1]
    assert ben.verdict(review, choice["verdict"]).status == 200
    page.clock.fast_forward(60_000)  # the next heartbeat
    expect(page.locator("#message")).to_contain_text("This photo is no longer yours")
    expect(page.locator("#message")).to_contain_text(f"ben decided “{choice['label']}”")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Nothing to review")


def test_a_verdict_on_a_colleagues_photo_does_not_count_and_that_is_said(
    office: Office, at_desk: AtDesk
) -> None:
    photos = office.arrive("1.jpg", "2.jpg")
    page = at_desk()
    mine = shown(page)
    photo = photos[int(mine[0]) - 1]
    office.end_lease(photo)
    ben = office.colleague("ben")
    review = ben.next()
    assert review is not None
    assert review["photo_id"] == photo
    page.keyboard.press("1")
    expect(page.locator("#notice")).to_contain_text(f"for {mine} was not counted. ben has it now.")
    assert shown(page) != mine  # and the person goes on
    assert office.row(photo)["review"] == "open"


def test_whoever_is_away_holds_no_photo(office: Office, at_desk: AtDesk) -> None:
    (photo,) = office.arrive("1.jpg")
    page = at_desk(clock=True)
    shown(page)
    page.clock.fast_forward(AWAY_MS)
    expect(page.locator("#message")).to_contain_text("It was not looked at for a while")
    office.end_lease(photo)
    page.keyboard.press("Enter")
    assert shown(page) == "1.jpg"


def test_what_is_not_used_goes_back_on_leaving(office: Office, at_desk: AtDesk) -> None:
    photos = office.arrive("1.jpg", "2.jpg", "3.jpg")
    page = at_desk()
    shown(page)
    held = [photo for photo in photos if "lease_id" in office.row(photo)]
    for photo in photos:
        if photo not in held and len(held) < 2:
            office.await_row(photo, "lease_id")
    page.goto(f"{office.url}/openapi.json")
    for photo in photos:
        office.await_free(photo)
        assert office.row(photo)["review"] == "open"


def test_a_verdict_without_a_connection_is_kept_and_sent_once(
    office: Office, at_desk: AtDesk
) -> None:
    photos = office.arrive("1.jpg", "2.jpg")
    page = at_desk()
    shown(page)
    for photo in photos:
        office.await_row(photo, "lease_id")  # the other one is fetched ahead
    page.wait_for_timeout(500)
    page.context.set_offline(offline=True)
    mine = press(page, "1")
    expect(page.locator("#connection")).to_have_text(
        "No connection. 1 verdict is kept on this device."
    )
    assert shown(page) != mine
    assert page.evaluate(KEPT) == 1
    photo = photos[int(mine[0]) - 1]
    assert office.row(photo)["review"] == "open"
    page.context.set_offline(offline=False)
    row = office.await_row(photo, "review", "done")
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#notice")).to_contain_text("Sent after all")
    assert len(row["decisions"]) == 1
    assert page.evaluate(KEPT) == 0


def test_a_verdict_that_was_kept_survives_a_reload(office: Office, at_desk: AtDesk) -> None:
    (photo,) = office.arrive("1.jpg")
    page = at_desk()
    page.route("**/verdict", lambda route: route.abort())
    press(page, "1")
    expect(page.locator("#connection")).to_contain_text("1 verdict is kept on this device")
    page.unroute_all(behavior="wait")
    page.reload()
    row = office.await_row(photo, "review", "done")
    assert [each["decided_by"] for each in row["decisions"]] == ["ana"]
    expect(page.locator("#connection")).to_be_hidden()


def test_a_verdict_whose_answer_was_lost_counts_once(office: Office, at_desk: AtDesk) -> None:
    (photo,) = office.arrive("1.jpg")
    page = at_desk()
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
    assert len(office.row(photo)["decisions"]) == 1
    page.unroute_all(behavior="wait")


def test_a_verdict_of_one_person_is_never_sent_as_anothers(office: Office, at_desk: AtDesk) -> None:
    office.arrive("1.jpg")
    page = at_desk("ana")
    sent: list[str] = []

    def refuse(route: "Route") -> None:
        sent.append(route.request.url)
        route.abort()

    page.route("**/verdict", refuse)
    press(page, "1")
    expect(page.locator("#connection")).to_contain_text("1 verdict is kept")
    tokens = office.signed_in("ben")
    page.evaluate("tokens => sessionStorage.setItem('scones.tokens', tokens)", tokens)
    page.reload()
    expect(page.locator("#who")).to_have_text("ben")
    sent.clear()
    expect(page.locator("#waiting")).to_have_text(re.compile(r"\d"))
    assert page.evaluate(KEPT) == 1
    assert not sent
    page.unroute_all(behavior="wait")


def test_a_verdict_that_is_not_sent_yet_can_be_taken_back(office: Office, at_desk: AtDesk) -> None:
    photos = office.arrive("1.jpg", "2.jpg", "3.jpg")
    page = at_desk()
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
    assert sum(office.row(photo)["review"] == "done" for photo in photos) == 1


def test_an_empty_queue_is_said_and_ends_by_itself(office: Office, at_desk: AtDesk) -> None:
    page = at_desk()
    expect(page.locator("#message")).to_contain_text("Nothing to review")
    expect(page.locator("#live")).to_have_text("Nothing to review")
    office.arrive("1.jpg")
    assert shown(page) == "1.jpg"


def test_a_closed_window_takes_no_photo_of_the_next_test(
    office: Office, browser: "Browser"
) -> None:
    """The last thing that a test does: an empty queue, and a call that waits for a photo."""
    window = Window(browser.new_context())
    window.context.add_init_script(
        f"sessionStorage.setItem({TOKENS!r}, {office.signed_in('ana')!r});"
    )
    page = window.context.new_page()
    with page.expect_request(f"**{TAKES_A_PHOTO}"):
        page.goto(f"{office.url}/review")
    window.close()
    (photo,) = office.arrive("1.jpg")
    review = office.colleague("ben").next()
    assert review is not None
    assert review["photo_id"] == photo


def test_a_picture_that_does_not_come_can_be_asked_for_again(
    office: Office, at_desk: AtDesk
) -> None:
    office.arrive("1.jpg")
    page = at_desk(tokens="")
    page.route("**/image?*", lambda route: route.fulfill(body="no picture", status=200))
    page.evaluate(
        "tokens => sessionStorage.setItem('scones.tokens', tokens)", office.signed_in("ana")
    )
    page.reload()
    expect(page.locator("#message")).to_contain_text("The photo cannot be shown")
    page.unroute_all(behavior="wait")
    page.keyboard.press("Enter")
    expect(page.locator(".photo")).to_be_visible()


def test_a_page_that_did_not_arrive_whole_says_so(office: Office, browser: "Browser") -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/view.js", lambda route: route.fulfill(status=503))
        page.goto(f"{office.url}/review")
        expect(page.locator("#slow")).to_be_visible()
        page.unroute_all(behavior="wait")
        page.get_by_role("link", name="Load it again").click()
        expect(page.locator("#message")).to_contain_text("Sign in to review photos")
        expect(page.locator("#slow")).to_be_hidden()


def test_a_page_without_its_settings_starts_by_itself_later(
    office: Office, browser: "Browser"
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/config.json", lambda route: route.fulfill(status=503))
        page.goto(f"{office.url}/review")
        expect(page.locator("#message")).to_contain_text("It tries again by itself")
        page.unroute_all(behavior="wait")
        expect(page.locator("#message")).to_contain_text("Sign in to review photos")
