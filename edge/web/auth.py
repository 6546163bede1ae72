"""Who may see the pages and use the API: whoever has the token, or everybody on this machine alone."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from edge.config import WebConfig, is_local
from edge.errors import ConfigError
from edge.system.secrets import find_credential, first_line
from edge.web.problems import ProblemError
from edge.web.throttle import LoginThrottle

COOKIE = "maskgate-session"
CREDENTIAL = "web-token"
"""Name of the systemd credential that may hold the token."""
SHORTEST_TOKEN = 16
SESSION_S = 12 * 3600
MOST_SESSIONS = 1000
PASSED_ON = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host"})
"""Headers of a request that a proxy passes on."""


@dataclass(frozen=True, slots=True)
class WebSettingNames:
    """What settings are called where a user makes them: in a configuration, or as options."""

    host: str = "web.host"
    file: str = "web.token_file"
    port: str = "web.port"
    cert: str = "web.cert_file"


CONFIGURATION_KEYS = WebSettingNames()


def find_token(
    config: WebConfig, environment: Mapping[str, str], names: WebSettingNames = CONFIGURATION_KEYS
) -> str:
    """The token that clients must give; empty where none is needed.

    Args:
        config: Address and token file.
        environment: Where systemd says what credentials there are.
        names: What sentences call the settings.

    Raises:
        ConfigError: Other machines could connect and there is none, or it cannot be read or is short.
    """
    file = Path(config.token_file) if config.token_file else find_credential(CREDENTIAL, environment)
    if file is None:
        if is_local(config.host) and not config.proxy:
            return ""
        reason = (
            f"web.proxy: other machines come through {config.proxy}"
            if config.proxy
            else f"{names.host}: {config.host} can be reached from other machines"
        )
        raise ConfigError(
            f"{reason}, so a token is needed; "
            f"name a file with one in {names.file}, or give the systemd credential {CREDENTIAL}"
        )
    try:
        token = first_line(file)
    except ConfigError as error:
        raise ConfigError(f"{names.file}: {error}") from None
    if len(token) < SHORTEST_TOKEN:
        raise ConfigError(f"{names.file}: the token in {file} needs at least {SHORTEST_TOKEN} characters")
    return token


class Guard:
    """Checks tokens, and keeps the sessions of browsers that gave one. Used by one thread.

    Attributes:
        cookie: The name of the cookie; browsers share cookies between the ports of a host.
    """

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic, cookie: str = COOKIE) -> None:
        self.cookie = cookie
        self._token = token.encode()
        self._clock = clock
        self._throttle = LoginThrottle()
        self._sessions: dict[str, float] = {}

    @property
    def open(self) -> bool:
        """Whether nobody needs a token."""
        return not self._token

    def check_token(self, client: str, token: str) -> None:
        """Takes a token from a client.

        Raises:
            ProblemError: It is wrong, or the client gave too many wrong ones and has to wait.
        """
        now = self._clock()
        if (wait := self._throttle.wait_s(client, now)) > 0:
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"too many wrong tokens came from here; try again in {ceil(wait)} s",
                ceil(wait),
            )
        if not hmac.compare_digest(token.encode(), self._token):
            self._throttle.fail(client, now)
            raise ProblemError(HTTPStatus.UNAUTHORIZED, "the token is wrong")
        self._throttle.succeed(client)

    def begin_session(self) -> str:
        """A secret for the cookie of a browser that has given the token."""
        now = self._clock()
        self._sessions = {name: end for name, end in self._sessions.items() if end > now}
        if len(self._sessions) >= MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        session = secrets.token_urlsafe(32)
        self._sessions[session] = now + SESSION_S
        return session

    def has_session(self, session: str) -> bool:
        """Whether a cookie is of a session that still lasts."""
        # Looked up by its hash in a table: the time it takes tells nothing of the secret's beginning.
        return self._sessions.get(session, 0.0) > self._clock()

    def end_session(self, session: str) -> None:
        """Forgets a session."""
        self._sessions.pop(session, None)

    def check_request(self, client: str, headers: Mapping[str, str], cookies: Mapping[str, str]) -> None:
        """Lets a request through that has the token in its Authorization header, or a session's cookie.

        Raises:
            ProblemError: It has neither, or a wrong token; or nobody needs one, and it comes through a proxy,
                from anywhere.
        """
        if self.open:
            if not PASSED_ON.isdisjoint(headers):
                raise ProblemError(
                    HTTPStatus.FORBIDDEN, "a proxy has passed this on; a server behind a proxy needs a token"
                )
            return
        if self.has_session(cookies.get(self.cookie, "")):
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED, "a token is needed: send it as Authorization: Bearer TOKEN"
            )
        self.check_token(client, token.strip())


def is_own_page(headers: Mapping[str, str]) -> bool:
    """Whether the page that asks is of this server; true where no page asks."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def check_site(headers: Mapping[str, str]) -> None:
    """Refuses what a page of another site has a browser send.

    Raises:
        ProblemError: The browser names another site.
    """
    # Over plain HTTP from elsewhere browsers tell the origin alone; else a proxy may have changed the host.
    site = headers.get("sec-fetch-site")
    if not (is_own_page(headers) if site is None else site in ("same-origin", "none")):
        raise ProblemError(HTTPStatus.FORBIDDEN, "another site has sent this; open the page itself")
