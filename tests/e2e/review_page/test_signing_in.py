"""Signing in and out, and the scripts that the browser may run."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from handlers.review_page.responses import security_headers
from tests.e2e.browsing import NO_PLAYWRIGHT
from tests.e2e.review_page.review_stage import ReviewStage
from tests.e2e.review_page.signing_in import TOKENS
from tests.e2e.review_page.test_deciding import shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

expect = pytest.importorskip("playwright.sync_api", reason=NO_PLAYWRIGHT).expect

OpenPage = Callable[..., "Page"]


def test_a_person_signs_in_with_name_password_and_code(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    review_stage.open_reviews("1.jpg")
    page = open_page(tokens="")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Username").fill("Bea")
    page.get_by_label("Password").fill(review_stage.passwords["bea"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill("00000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".error")).to_have_text("This code is not valid.")
    page.get_by_label("Code").fill(review_stage.authenticators["bea"].code())
    page.get_by_role("button", name="Sign in").click()
    assert shown(page) == "1.jpg"
    expect(page.locator("#who")).to_have_text("bea")
    assert page.url == f"{review_stage.url}/review"
    assert page.evaluate("Object.keys(localStorage)") == []  # tokens end with the tab


def test_a_sign_in_that_was_started_elsewhere_is_refused(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    page = open_page(tokens="")
    page.goto(f"{review_stage.url}/review?code=stolen&state=theirs")
    expect(page.locator("#message")).to_contain_text("not started in this tab")
    page.goto(f"{review_stage.url}/review?error=%3Cb%3Eaccess_denied%3C/b%3E")
    expect(page.locator("#message")).to_contain_text("“<b>access_denied</b>”")


def test_a_driver_cannot_sign_in(review_stage: ReviewStage, open_page: OpenPage) -> None:
    page = open_page(tokens="")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Username").fill("dora")
    page.get_by_label("Password").fill(review_stage.passwords["dora"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".error")).to_have_text("Incorrect username or password.")


def test_a_former_reviewer_may_not_review(open_page: OpenPage) -> None:
    page = open_page("eva")
    expect(page.locator("#message")).to_contain_text("You may not review photos")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(2)


def test_an_expired_token_is_renewed(review_stage: ReviewStage, open_page: OpenPage) -> None:
    review_stage.open_reviews("1.jpg")
    page = open_page(tokens=re.sub(r'"until": \d+', '"until": 0', review_stage.signed_in("ana")))
    assert shown(page) == "1.jpg"
    assert page.evaluate(f"JSON.parse(sessionStorage.getItem('{TOKENS}')).until") > 0


def test_a_signed_out_reviewer_can_sign_in_again(
    review_stage: ReviewStage, open_page: OpenPage
) -> None:
    tokens = review_stage.signed_in("ana")
    page = open_page(tokens=re.sub(r'"refresh": "[^"]*"', '"refresh": null', tokens))
    expect(page.locator("#waiting")).to_have_text("0")
    review_stage.open_reviews("1.jpg")
    page.route("**/reviews/**", lambda route: route.fulfill(status=401, body="{}"))
    expect(page.locator("#message")).to_contain_text("You are signed out")
    page.unroute_all(behavior="wait")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Username")).to_be_visible()


def test_the_browser_runs_only_the_pages_own_scripts(
    review_stage: ReviewStage, browser: "Browser"
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        response = page.goto(f"{review_stage.url}/review")
        assert response is not None
        wanted = security_headers((review_stage.url,))["content-security-policy"]
        assert response.headers["content-security-policy"] == wanted
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
