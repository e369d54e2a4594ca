"""An authenticator app, and the page of the sign-in that asks for its code."""

import html
import re
import time
from datetime import UTC, datetime

import httpx

from infra.operations.second_factor import SecondFactor

_STEP_S = 30
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Authenticator:
    """Makes a person's codes and gives out each at most once, as the pool accepts it once."""

    def __init__(self, factor: SecondFactor) -> None:
        """Begin right after the factor was set up, which has used the code of that moment."""
        self._factor = factor
        self._last_step = int(time.time() // _STEP_S)

    def code(self) -> str:
        """Return an unused code; waits for it if need be."""
        self._last_step += 1
        # The pool accepts the code of the next 30 seconds, too.
        while self._last_step > time.time() // _STEP_S + 1:
            time.sleep(0.5)
        self._last_step = max(self._last_step, int(time.time() // _STEP_S))
        return self._factor.code(datetime.fromtimestamp(self._last_step * _STEP_S, UTC))


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a form of the sign-in."""
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(page)}


def submit_login(
    http: httpx.Client,
    url: str,
    page: str,
    *,
    name: str,
    password: str,
    authenticator: Authenticator | None,
) -> httpx.Response:
    """Fill in the form of `page`, and then the code if the sign-in asks for it."""
    fields = {**hidden_fields(page), "username": name, "password": password}
    response = http.post(url, data=fields)
    fields = hidden_fields(response.text)
    if authenticator is None or "factor_token" not in fields:
        return response
    return http.post(url, data={**fields, "code": authenticator.code()})
