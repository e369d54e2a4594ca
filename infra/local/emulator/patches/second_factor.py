"""Patches the emulated sign-in: a pool that requires a second factor gets one, as on AWS.

The emulator signs users in without a factor where the pool requires one and they have none, and
always on its sign-in page. It accepts a code twice, and answers to challenges that it never set. It
does not know AdminDeleteSoftwareToken.
"""

from __future__ import annotations

import base64
import dataclasses
import html
import json
import secrets
import time
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from infra.local.emulator.patches.replace import Record, Untyped, private, replace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import ModuleType

_SESSION_S = 180
_STEP_S = 30
_TOTP, _SETUP = "SOFTWARE_TOKEN_MFA", "MFA_SETUP"
_NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 # the name of a challenge
_VERIFIED = "verified"  # the state of a session after VerifySoftwareToken

_TOTP_PAGE = """{error}
<form method="POST" action="/login">
<input type="hidden" name="factor_token" value="{token}">
{setup}<label for="code">Code</label>
<input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required
 autofocus>
<button type="submit">Sign in</button>
</form>"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """A sign-in whose password was right, and what it waits for."""

    pool_id: str
    username: str
    challenge: str
    expires_at: float
    secret: str = ""  # of a factor that is being set up
    # Continues on the sign-in page: the arguments of the emulator's redirect with a code.
    redirect: tuple[Untyped, ...] = ()


def install() -> None:
    """Apply the patches.

    Raises:
        EmulatorChanged: a function is not as expected.
    """
    service = import_module("ministack.services.cognito")
    factor = _SecondFactor(service)
    replace(service, "_mfa_challenge_for_user", "pool user pid username", factor.challenging)
    replace(
        service,
        "_password_auth_result",
        "pool pid cid user username client_metadata data",
        factor.remembering,
    )
    for name in ("_respond_to_auth_challenge", "_admin_respond_to_auth_challenge"):
        replace(service, name, "data", factor.responding)
    replace(service, "_associate_software_token", "data", factor.associating)
    replace(service, "_verify_software_token", "data", factor.verifying)
    replace(service, "_dispatch_idp", "action data", factor.dispatching)
    replace(
        service,
        "_issue_auth_code_redirect",
        "client_id pool_id redirect_uri scope username nonce code_challenge "
        "code_challenge_method state",
        factor.redirecting,
    )
    replace(service, "handle_login_submit", "method path headers body query_params", factor.page)


class _SecondFactor:
    """The sessions between password and code, and the functions that replace the emulator's."""

    def __init__(self, service: ModuleType) -> None:
        self._pool_of = private(service, "_get_pool_unscoped")
        self._pool_of_client = private(service, "_find_pool_by_client_id")
        self._totp_code = private(service, "_totp_code")
        self._response = private(service, "json_response")
        self._error = private(service, "error_response_json")
        self._page_shell = private(service, "_page_shell")
        self._redirect = private(service, "_issue_auth_code_redirect")
        self._service = service
        self._sessions: dict[str, _Session] = {}

    # The API that applications and administrators call.

    def challenging(self, original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def challenge(pool: Record, user: Record, pid: str, username: str) -> Untyped:
            if not _is_required(pool) or _has_factor(user):
                return original(pool, user, pid, username)
            return {
                "ChallengeName": _SETUP,
                "Session": secrets.token_urlsafe(32),
                "ChallengeParameters": {
                    "USER_ID_FOR_SRP": username,
                    "MFAS_CAN_SETUP": json.dumps([_TOTP]),
                },
            }

        return challenge

    def remembering(self, original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def result(
            pool: Record, pid: str, cid: str, user: Record, *arguments: Untyped, **options: Untyped
        ) -> Untyped:
            response = original(pool, pid, cid, user, *arguments, **options)
            self._remember_challenge(pid, user, _body(response))
            return response

        return result

    def responding(self, original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def respond(data: Record) -> Untyped:
            challenge = data.get("ChallengeName", "")
            if challenge not in {_TOTP, _SETUP, _NEW_PASSWORD}:
                return original(data)
            wanted = _VERIFIED if challenge == _SETUP else challenge
            session = self._session(data.get("Session"), wanted)
            pool = self._pool_of_client(data.get("ClientId"))[1]
            if session is None or pool is None or pool["Id"] != session.pool_id:
                return self._invalid_session()
            user = pool["_users"][session.username]
            responses = {**data.get("ChallengeResponses", {}), "USERNAME": session.username}
            if challenge == _TOTP:
                refusal = self._refusal(user, responses.get("SOFTWARE_TOKEN_MFA_CODE", ""))
                return refusal or self._signed_in(data, session, user)
            if challenge == _SETUP:
                return self._signed_in(data, session, user)
            response = original({**data, "ChallengeResponses": responses})
            if response[0] != 200 or not _is_required(pool):
                return response
            following = self._private("_mfa_challenge_for_user")(
                pool, user, session.pool_id, session.username
            )
            self._sessions.pop(data["Session"], None)
            self._remember_challenge(session.pool_id, user, following)
            return self._response(following)

        return respond

    def _signed_in(self, data: Record, session: _Session, user: Record) -> Untyped:
        self._sessions.pop(data["Session"], None)
        result = self._private("_build_auth_result")(session.pool_id, data["ClientId"], user)
        return self._response({"AuthenticationResult": result})

    def associating(self, original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def associate(data: Record) -> Untyped:
            if data.get("AccessToken"):
                return original(data)
            session = self._session(data.get("Session"), _SETUP)
            if session is None:
                return self._invalid_session()
            response = original(data)
            body = _body(response)
            self._sessions.pop(data["Session"], None)
            self._sessions[body["Session"]] = dataclasses.replace(
                session, secret=body["SecretCode"]
            )
            return response

        return associate

    def verifying(self, original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def verify(data: Record) -> Untyped:
            if data.get("AccessToken"):
                return original(data)
            session = self._session(data.get("Session"), _SETUP)
            if session is None or not session.secret:
                return self._invalid_session()
            user = self._user(session)
            if not self._enrol(user, session.secret, data.get("UserCode", "")):
                return self._error("EnableSoftwareTokenMFAException", "Code mismatch", 400)
            self._sessions.pop(data["Session"], None)
            following = self._add(dataclasses.replace(session, challenge=_VERIFIED))
            return self._response({"Status": "SUCCESS", "Session": following})

        return verify

    def dispatching(
        self, original: Callable[..., Awaitable[Untyped]]
    ) -> Callable[..., Awaitable[Untyped]]:
        async def dispatch(action: str, data: Record) -> Untyped:
            if action != "AdminDeleteSoftwareToken":
                return await original(action, data)
            pool = self._pool_of(data.get("UserPoolId"))
            if pool is None:
                return self._error("ResourceNotFoundException", "No such user pool.", 400)
            user, error = self._private("_resolve_user")(pool, data.get("Username"))
            if error:
                return error
            _forget_factor(user)
            return self._response({})

        return dispatch

    # The sign-in page.

    def redirecting(self, original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def redirect(client_id: str, pool_id: str, *rest: Untyped) -> Untyped:
            pool, (_, _, username, *_) = self._pool_of(pool_id), rest
            if not _is_required(pool):
                return original(client_id, pool_id, *rest)
            user = pool["_users"][username]
            session = _Session(
                pool_id=pool_id,
                username=username,
                challenge=_TOTP if _has_factor(user) else _SETUP,
                expires_at=time.time() + _SESSION_S,
                secret="" if _has_factor(user) else _new_secret(),
                redirect=(client_id, pool_id, *rest),
            )
            return self._code_page(self._add(session), session)

        return redirect

    def page(self, original: Callable[..., Untyped]) -> Callable[..., Untyped]:
        def submit(
            method: str, path: str, headers: Untyped, body: bytes, query_params: Untyped
        ) -> Untyped:
            form = parse_qs((body or b"").decode("utf-8", errors="replace"))
            token = form.get("factor_token", [""])[0]
            if not token:
                return original(method, path, headers, body, query_params)
            session = self._session(token, _TOTP) or self._session(token, _SETUP)
            if session is None or not session.redirect:
                expired = "Session has expired. Please sign in again."
                return self._private("_oauth2_error")("invalid_request", expired)
            user, code = self._user(session), form.get("code", [""])[0].replace(" ", "")
            if session.challenge == _SETUP:
                is_right = self._enrol(user, session.secret, code)
            else:
                is_right = self._refusal(user, code) is None
            if not is_right:
                return self._code_page(token, session, error="This code is not valid.")
            self._sessions.pop(token, None)
            return self._redirect(*session.redirect)

        return submit

    def _code_page(self, token: str, session: _Session, *, error: str = "") -> Untyped:
        setup = ""
        if session.secret:
            setup = (
                "<p>Add this secret to an authenticator app: "
                f'<code id="secret">{html.escape(session.secret)}</code></p>\n'
            )
        problem = f'<div class="error">{html.escape(error)}</div>' if error else ""
        body = _TOTP_PAGE.format(error=problem, token=html.escape(token), setup=setup)
        page = self._page_shell("Sign in", "Enter the code", body)
        return 200, {"Content-Type": "text/html; charset=utf-8"}, page.encode()

    # Sessions and codes.

    def _private(self, name: str) -> Callable[..., Untyped]:
        """Return a function of the emulator, as it is now: it may have been replaced."""
        function: Callable[..., Untyped] = private(self._service, name)
        return function

    def _remember_challenge(self, pool_id: str, user: Record, body: Record) -> None:
        if challenge := body.get("ChallengeName"):
            self._sessions[body["Session"]] = _Session(
                pool_id=pool_id,
                username=user["Username"],
                challenge=challenge,
                expires_at=time.time() + _SESSION_S,
            )

    def _add(self, session: _Session) -> str:
        token = secrets.token_urlsafe(32)
        self._sessions[token] = session
        return token

    def _session(self, token: Untyped, challenge: str) -> _Session | None:
        now = time.time()
        for expired in [key for key, item in self._sessions.items() if item.expires_at < now]:
            del self._sessions[expired]
        session = self._sessions.get(token)
        return session if session and session.challenge == challenge else None

    def _user(self, session: _Session) -> Record:
        user: Record = self._pool_of(session.pool_id)["_users"][session.username]
        return user

    def _invalid_session(self) -> Untyped:
        return self._error("NotAuthorizedException", "Invalid session for the user.", 400)

    def _enrol(self, user: Record, secret: str, code: str) -> bool:
        """Make this the user's factor if the code is right; the code cannot be used again."""
        step = self._step_of(secret, code)
        if step is None:
            return False
        user.update(
            _totp_secret=secret, _mfa_enabled=[_TOTP], _preferred_mfa=_TOTP, _totp_steps=[step]
        )
        return True

    def _refusal(self, user: Record, code: str) -> Untyped:
        """Return the error for a wrong or a used code; None for a right one, which is used now."""
        step = self._step_of(user.get("_totp_secret", ""), code)
        if step is None:
            return self._error("CodeMismatchException", "Invalid code received for user", 400)
        used = user.setdefault("_totp_steps", [])
        if step in used:
            message = "Your software token has already been used once."
            return self._error("ExpiredCodeException", message, 400)
        used[:] = [*used[-9:], step]  # a code is right for less than three steps
        return None

    def _step_of(self, secret: str, code: str) -> int | None:
        """Return the 30 seconds whose code this is, among the former, this and the next."""
        now = int(time.time() // _STEP_S)
        if not secret or not isinstance(code, str):
            return None
        for offset in (-1, 0, 1):
            if secrets.compare_digest(self._totp_code(secret, offset).encode(), code.encode()):
                return now + offset
        return None


def _is_required(pool: Record) -> bool:
    return pool.get("MfaConfiguration") == "ON"


def _has_factor(user: Record) -> bool:
    return _TOTP in user.get("_mfa_enabled", []) and bool(user.get("_totp_secret"))


def _forget_factor(user: Record) -> None:
    for name in ("_totp_secret", "_totp_pending_secret", "_totp_steps", "_preferred_mfa"):
        user.pop(name, None)
    user["_mfa_enabled"] = [name for name in user.get("_mfa_enabled", []) if name != _TOTP]


def _new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()


def _body(response: Untyped) -> Record:
    body: Record = json.loads(response[2])
    return body
