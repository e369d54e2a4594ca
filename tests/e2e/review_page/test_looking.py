"""The page as it is looked at, touched and listened to."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.office import Office
from tests.e2e.review_page.test_deciding import press, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

AtDesk = Callable[..., "Page"]
_ZOOM = re.compile(r"scale\(([0-9.]+)\)")


def zoom(page: "Page") -> float:
    style = page.locator(".photo").get_attribute("style") or ""
    found = _ZOOM.search(style)
    assert found, style
    return float(found[1])


def is_inside(page: "Page", selector: str) -> bool:
    inside: bool = page.locator(selector).evaluate(
        """element => {
            const box = element.getBoundingClientRect();
            return box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0
                && box.right <= innerWidth && box.bottom <= innerHeight;
        }"""
    )
    return inside


def test_a_photo_is_zoomed_and_moved(office: Office, at_desk: AtDesk) -> None:
    office.arrive("1.jpg")
    page = at_desk()
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
    office: Office, at_desk: AtDesk, width: int, height: int
) -> None:
    office.arrive("1.jpg", "2.jpg")
    page = at_desk(width=width, height=height, has_touch=True)
    first = shown(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for place in range(4):
        assert is_inside(page, f"#choices button >> nth={place}")
    assert is_inside(page, ".photo")
    page.locator("#choices button").first.tap()
    assert shown(page) != first


def test_the_buttons_stay_where_they_are(office: Office, at_desk: AtDesk) -> None:
    photos = office.arrive("1.jpg", "2.jpg")
    for photo in photos[:1]:
        office.change(photo, review_reason="audit")  # less to read
    page = at_desk()
    shown(page)
    before = page.locator("#choices").bounding_box()
    press(page, "1")
    shown(page)
    assert page.locator("#choices").bounding_box() == before


def test_help_lists_every_key_and_keeps_them_from_deciding(office: Office, at_desk: AtDesk) -> None:
    (photo,) = office.arrive("1.jpg")
    page = at_desk()
    shown(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    keys = dialog.locator("kbd").all_inner_texts()
    assert [*"1234", "S", "U", "Enter"] == keys[:7]
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert office.row(photo)["review"] == "open"


def test_single_keys_can_be_switched_off(office: Office, at_desk: AtDesk) -> None:
    (photo,) = office.arrive("1.jpg")
    page = at_desk()
    shown(page)
    page.keyboard.press("?")
    page.get_by_label("Use these single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these single keys").check()
    page.keyboard.press("Escape")
    assert office.row(photo)["review"] == "open"
    press(page, "1")
    office.await_row(photo, "review", "done")


def test_a_screen_reader_finds_its_way(office: Office, at_desk: AtDesk) -> None:
    office.arrive("1.jpg")
    page = at_desk()
    shown(page)
    expect(page.get_by_role("img", name="The photo to be judged")).to_be_visible()
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
