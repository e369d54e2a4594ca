"""Where the page signs people in and finds the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from handlers.settings import Settings

NONE = "none"  # in the environment: there is no such address


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings(Settings):
    """Settings of the page's function; nothing in them is secret."""

    authorize_url: str
    token_url: str
    logout_url: str  # or NONE
    client_id: str
    scope: str
    api_base: str  # "/" is the page's own origin

    def to_wire(self) -> Mapping[str, str | None]:
        """What the page reads as config.json."""
        return {
            "authorize_url": self.authorize_url,
            "token_url": self.token_url,
            "logout_url": None if self.logout_url == NONE else self.logout_url,
            "client_id": self.client_id,
            "scope": self.scope,
            "api_base": self.api_base,
        }

    @property
    def connects_to(self) -> tuple[str, ...]:
        """The origins that the page asks beside its own."""
        asked = map(urlsplit, (self.token_url, self.api_base))
        return tuple(sorted({f"{url.scheme}://{url.netloc}" for url in asked if url.netloc}))
