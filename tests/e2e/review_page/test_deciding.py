"""Deciding by keys: what is shown, what is recorded, and what can be undone."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.conftest import HOSTILE
from tests.e2e.review_page.review_stage import ReviewStage

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

OpenPage = Callable[..., "Page"]


def shown(page: "Page") -> str:
    """Wait until a photo can be decided, and return its name."""
    expect(page.locator("#choices button").first).to_have_attribute("aria-disabled", "false")
    page.wait_for_timeout(250)  # for so long the page accepts no verdict: it was not seen yet
    return page.locator("#file bdi").inner_text()


def press(page: "Page", key: str) -> str:
    """Press the key for the photo that is shown, and return its name."""
    name = shown(page)
    page.keyboard.press(key)
    return name


def test_every_key_records_its_verdict_and_shows_the_next_photo(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg", "3.jpg", "4.jpg")
    by_name = {f"{place + 1}.jpg": photo for place, photo in enumerate(photos)}
    choices = review_stage.colleague("ben").get("/reviews/choices").body["choices"]
    page = open_page()
    decided = [press(page, str(place + 1)) for place in range(4)]
    assert sorted(decided) == sorted(by_name)
    for name, choice in zip(decided, choices, strict=True):
        row = review_stage.await_row(by_name[name], "review", "done")
        decision = row["decisions"][-1]
        assert (decision["verdict"], decision["decided_by"]) == (choice["verdict"], "ana")
        assert len(row["decisions"]) == 1
    expect(page.locator("#message")).to_contain_text("Nothing to review")
    expect(page.locator("#mine")).not_to_have_text("0")


def test_the_page_shows_the_reason_and_the_probabilities(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    row = review_stage.row(photo)
    page = open_page()
    assert shown(page) == "1.jpg"
    expect(page.locator("#reason")).to_contain_text("model")
    bars = page.locator("#opinion > div")
    shares = row["classification"]["probabilities"]
    expect(bars).to_have_count(len(shares))
    for place, share in enumerate(page.locator("#opinion dd:last-child").all_inner_texts()):
        width = bars.nth(place).locator("i").evaluate("bar => parseFloat(bar.style.width)")
        assert width == pytest.approx(float(share.removesuffix(" %")), abs=0.06)
    announcement = page.locator("#live").inner_text()
    assert announcement.startswith("New photo.")
    assert "percent" in announcement


def test_a_blind_photo_is_shown_without_the_models_opinion(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    review_stage.change(photo, review_reason="audit")
    page = open_page()
    assert shown(page) == "1.jpg"
    expect(page.locator("#blind")).to_have_text(
        "Shown without the model’s opinion, so that yours is your own."
    )
    expect(page.locator("#opinion")).to_be_hidden()
    assert "%" not in page.locator("#panel").inner_text()
    assert "audit" not in page.content()


def test_undo_shows_the_photo_again(review_stage: ReviewStage, open_page: OpenPage) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg")
    page = open_page()
    first = press(page, "1")
    photo = photos[0] if first == "1.jpg" else photos[1]
    assert review_stage.await_row(photo, "review", "done")["status"] == "assigned"
    expect(page.locator("#undo-text")).to_contain_text("Undo “")
    page.keyboard.press("u")
    expect(page.locator("#notice")).to_contain_text(f"for {first}. Decide anew.")
    assert shown(page) == first
    row = review_stage.row(photo)
    assert (row["status"], row["review"]) == ("in_review", "open")
    assert [decision["kind"] for decision in row["decisions"]] == ["verdict", "undo"]
    page.keyboard.press("2")
    second = review_stage.await_row(photo, "review", "done")
    assert second["decisions"][-1]["kind"] == "verdict"
    assert second["vehicle"] != row["decisions"][0]["verdict"]
    assert shown(page) != first  # the photo that was shown before the undo


def test_an_undo_after_the_window_is_refused_with_the_reason(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    page = open_page()
    press(page, "1")
    review_stage.await_row(photo, "review", "done")
    review_stage.age_decision(photo)
    page.keyboard.press("u")
    expect(page.locator("#notice")).to_contain_text("stays: The decision stays in force.")
    expect(page.locator("#undo")).to_have_attribute("aria-disabled", "true")
    assert review_stage.row(photo)["review"] == "done"


def test_skip_leaves_the_photo_to_a_colleague(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    review_stage.open_reviews("1.jpg", "2.jpg")
    page = open_page()
    skipped = press(page, "s")
    expect(page.locator("#notice")).to_contain_text("Skipped")
    assert shown(page) != skipped
    theirs = review_stage.colleague("ben").next()
    assert theirs is not None
    assert theirs["key"] == skipped


def test_a_key_that_is_held_down_decides_one_photo(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg", "3.jpg")
    page = open_page()
    shown(page)
    for _ in range(30):  # as a keyboard repeats
        page.keyboard.down("1")
    page.keyboard.up("1")
    expect(page.locator("#notice")).to_contain_text("Recorded")
    shown(page)
    assert sum(review_stage.row(photo)["review"] == "done" for photo in photos) == 1


def test_a_key_pressed_twice_does_not_decide_a_photo_unseen(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg", "3.jpg")
    page = open_page()
    shown(page)
    page.evaluate(
        """() => { for (const _ of [1, 2, 3]) {
            document.dispatchEvent(new KeyboardEvent("keydown", { key: "1" }));
        } }"""
    )
    expect(page.locator("#notice")).to_contain_text("Recorded")
    shown(page)
    assert sum(review_stage.row(photo)["review"] == "done" for photo in photos) == 1


def test_a_hostile_name_is_shown_as_text(review_stage: ReviewStage, open_page: OpenPage) -> None:
    review_stage.open_reviews(HOSTILE)
    page = open_page()
    assert shown(page) == HOSTILE.replace("\u202e", r"\u{202e}")
    expect(page.locator("img")).to_have_count(1)  # the photo


def test_two_reviewers_never_get_the_same_photo(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    photos = review_stage.open_reviews(*(f"{place}.jpg" for place in range(10)))
    pages = {name: open_page(name) for name in ("ana", "ben")}
    for page in pages.values():
        expect(page.locator("#message-title")).not_to_have_text("Fetching a photo …")
    seen: dict[str, list[str]] = {name: [] for name in pages}
    while any(page.locator("#message").is_hidden() for page in pages.values()):
        for name, page in pages.items():
            if page.locator("#message").is_hidden():
                seen[name].append(press(page, "1"))
            expect(
                page.locator("#choices button").first.or_(page.locator("#message h2"))
            ).not_to_have_count(0)
        for page in pages.values():
            expect(page.locator("#message-title")).not_to_have_text("Fetching a photo …")
    assert sorted(seen["ana"] + seen["ben"]) == sorted(f"{place}.jpg" for place in range(10))
    assert seen["ana"]
    assert seen["ben"]
    for photo in photos:
        assert len(review_stage.await_row(photo, "review", "done")["decisions"]) == 1
