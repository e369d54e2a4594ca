"""Who comes in, who does not, and what the browser lets run."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from handlers.page.responses import security_headers
from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.office import Office
from tests.e2e.review_page.signing_in import TOKENS
from tests.e2e.review_page.test_deciding import shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

AtDesk = Callable[..., "Page"]


def test_a_person_signs_in_with_name_and_password(office: Office, at_desk: AtDesk) -> None:
    office.arrive("1.jpg")
    page = at_desk(tokens="")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Username").fill("ana")
    page.get_by_label("Password").fill(office.passwords["ana"])
    page.get_by_role("button", name="Sign in").click()
    assert shown(page) == "1.jpg"
    expect(page.locator("#who")).to_have_text("ana")
    assert page.url == f"{office.url}/review"
    assert page.evaluate("Object.keys(localStorage)") == []  # tokens end with the tab


def test_a_sign_in_that_was_begun_elsewhere_is_not_taken(office: Office, at_desk: AtDesk) -> None:
    page = at_desk(tokens="")
    page.goto(f"{office.url}/review?code=stolen&state=theirs")
    expect(page.locator("#message")).to_contain_text("not begun in this tab")
    page.goto(f"{office.url}/review?error=%3Cb%3Eaccess_denied%3C/b%3E")
    expect(page.locator("#message")).to_contain_text("“<b>access_denied</b>”")


def test_a_driver_may_not_review(at_desk: AtDesk) -> None:
    page = at_desk("dora")
    expect(page.locator("#message")).to_contain_text("You may not review photos")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(2)


def test_an_ended_token_is_renewed(office: Office, at_desk: AtDesk) -> None:
    office.arrive("1.jpg")
    page = at_desk(tokens=re.sub(r'"until": \d+', '"until": 0', office.signed_in("ana")))
    assert shown(page) == "1.jpg"
    assert page.evaluate(f"JSON.parse(sessionStorage.getItem('{TOKENS}')).until") > 0


def test_who_is_signed_out_signs_in_again(office: Office, at_desk: AtDesk) -> None:
    tokens = office.signed_in("ana")
    page = at_desk(tokens=re.sub(r'"refresh": "[^"]*"', '"refresh": null', tokens))
    expect(page.locator("#waiting")).to_have_text("0")
    office.arrive("1.jpg")
    page.route("**/reviews/**", lambda route: route.fulfill(status=401, body="{}"))
    expect(page.locator("#message")).to_contain_text("You are signed out")
    page.unroute_all(behavior="wait")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Username")).to_be_visible()


def test_the_browser_runs_nothing_that_is_not_ours(office: Office, browser: "Browser") -> None:
    with browser.new_context() as context:
        page = context.new_page()
        answer = page.goto(f"{office.url}/review")
        assert answer is not None
        wanted = security_headers((office.url,))["content-security-policy"]
        assert answer.headers["content-security-policy"] == wanted
        ran = page.evaluate(
            """() => {
                window.ran = false;
                const script = document.createElement("script");
                try { script.textContent = "window.ran = true"; } catch { return "refused"; }
                document.body.append(script);
                return window.ran;
            }"""
        )
        assert ran in {False, "refused"}
