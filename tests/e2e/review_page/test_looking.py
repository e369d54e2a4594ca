"""The page on screens of all sizes, by touch, by keys and with a screen reader."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.review_stage import ReviewStage
from tests.e2e.review_page.test_deciding import press, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

OpenPage = Callable[..., "Page"]
_ZOOM = re.compile(r"scale\(([0-9.]+)\)")


def zoom(page: "Page") -> float:
    style = page.locator(".photo").get_attribute("style") or ""
    match = _ZOOM.search(style)
    assert match, style
    return float(match[1])


def is_inside(page: "Page", selector: str) -> bool:
    inside: bool = page.locator(selector).evaluate(
        """element => {
            const box = element.getBoundingClientRect();
            return box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0
                && box.right <= innerWidth && box.bottom <= innerHeight;
        }"""
    )
    return inside


def test_a_photo_is_zoomed_and_moved(review_stage: ReviewStage, open_page: OpenPage) -> None:
    review_stage.open_reviews("1.jpg")
    page = open_page()
    shown(page)
    assert zoom(page) == 1
    page.keyboard.press("+")
    assert zoom(page) == pytest.approx(1.4)
    before = page.locator(".photo").bounding_box()
    page.keyboard.press("ArrowRight")
    after = page.locator(".photo").bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] < before["x"]
    page.keyboard.press("0")
    assert zoom(page) == 1
    frame = page.locator("#frame").bounding_box()
    assert frame is not None
    page.mouse.move(frame["x"] + 100, frame["y"] + 100)
    page.mouse.wheel(0, -400)
    expect(page.locator("#frame")).to_have_attribute("data-near", "true")
    near = page.locator(".photo").bounding_box()
    page.mouse.down()
    page.mouse.move(frame["x"] + 60, frame["y"] + 100)
    page.mouse.up()
    moved = page.locator(".photo").bounding_box()
    assert near is not None
    assert moved is not None
    assert moved["x"] == pytest.approx(near["x"] - 40, abs=1)
    page.mouse.dblclick(frame["x"] + 100, frame["y"] + 100)
    assert zoom(page) == 1


@pytest.mark.parametrize(("width", "height"), [(390, 844), (390, 664), (320, 568), (844, 390)])
def test_a_phone_shows_photo_and_choices_at_once(
    review_stage: ReviewStage, open_page: OpenPage, width: int, height: int
) -> None:
    review_stage.open_reviews("1.jpg", "2.jpg")
    page = open_page(width=width, height=height, has_touch=True)
    first = shown(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for place in range(4):
        assert is_inside(page, f"#choices button >> nth={place}")
    assert is_inside(page, ".photo")
    page.locator("#choices button").first.tap()
    assert shown(page) != first


def test_the_buttons_keep_their_place(review_stage: ReviewStage, open_page: OpenPage) -> None:
    photos = review_stage.open_reviews("1.jpg", "2.jpg")
    for photo in photos[:1]:
        review_stage.change(photo, review_reason="audit")  # less to read
    page = open_page()
    shown(page)
    before = page.locator("#choices").bounding_box()
    press(page, "1")
    shown(page)
    assert page.locator("#choices").bounding_box() == before


def test_help_lists_every_key_and_keeps_them_from_deciding(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    page = open_page()
    shown(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    keys = dialog.locator("kbd").all_inner_texts()
    assert [*"1234", "S", "U", "Enter"] == keys[:7]
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert review_stage.row(photo)["review"] == "open"


def test_single_keys_can_be_switched_off(review_stage: ReviewStage, open_page: OpenPage) -> None:
    (photo,) = review_stage.open_reviews("1.jpg")
    page = open_page()
    shown(page)
    page.keyboard.press("?")
    page.get_by_label("Use these single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these single keys").check()
    page.keyboard.press("Escape")
    assert review_stage.row(photo)["review"] == "open"
    press(page, "1")
    review_stage.await_row(photo, "review", "done")


def test_the_page_has_names_roles_and_focus_for_screen_readers(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    review_stage.open_reviews("1.jpg")
    page = open_page()
    shown(page)
    expect(page.get_by_role("img", name="The photo to review")).to_be_visible()
    group = page.get_by_role("group", name="What does the photo show?")
    expect(group.get_by_role("button")).to_have_count(4)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the choices"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.verdict")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")  # a button that has the focus is pressed by it
    expect(page.locator("#notice")).to_contain_text("Recorded")
    assert page.evaluate("document.activeElement.dataset.verdict")  # and keeps it
