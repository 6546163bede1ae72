"""What every request passes before it is answered: limits, a name in the log, and headers of safety.

Plain ASGI, since Starlette's base class for middleware copies bodies and streams.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.config import WebConfig, is_local
from edge.web.problems import problem_response
from edge.web.throttle import RateLimit

REQUEST_ID = "X-Request-ID"
BODY_S = 30.0
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(__name__)

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # So that a form says where it is from: with no referrer at all it is sent as from nowhere.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one request may take.

    Attributes:
        body_bytes: The largest body.
        body_s: Seconds within which all of the body has to be there.
        hosts: Values of the Host header that are answered, without port; empty for all. Whoever is fooled
            into another name for this address gets nothing.
    """

    body_bytes: int
    body_s: float
    hosts: frozenset[str]


def known_names(config: WebConfig) -> frozenset[str]:
    """The names under which the server answers; empty for any, where a token is needed anyway."""
    if config.names or is_local(config.host):
        return LOCAL_NAMES | {config.host.lower(), *(name.lower() for name in config.names)}
    return frozenset()


class RequestCounter(Protocol):
    """Takes note of requests."""

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request under the pattern of its route; `seconds` until its answer began."""


class _RefusedError(Exception):
    """The body is too large or too slow; answered by the middleware that raised it."""

    def __init__(self, status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers


class RequestMiddleware:
    """Limits, counts and logs requests, and adds headers to every answer."""

    def __init__(
        self,
        app: ASGIApp,
        limits: RequestLimits,
        rate: RateLimit,
        metrics: RequestCounter,
        headers: Mapping[str, str] = SECURITY_HEADERS,
    ) -> None:
        self._app = app
        self._limits = limits
        self._rate = rate
        self._metrics = metrics
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        method = scope["method"]
        # What asks for headers alone gets those of the page; the server leaves the rest out.
        scope = {
            **scope,
            "method": "GET" if method == "HEAD" else method,
            "state": {**scope.get("state", {}), "request_id": request_id},
        }
        started, status, seconds = time.perf_counter(), 500, None

        async def send_with_headers(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                # To here and not to the end, which a stream does not have.
                seconds = time.perf_counter() - started
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._answer(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started if seconds is None else seconds
            # The route's pattern and not the path: a path may hold anything, without number.
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.count_request(method, route, status, seconds)
            _log.info("%s %s %s %d %.1f ms", request_id, method, route, status, seconds * 1000)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refuse(scope, Headers(scope=scope))
        if refused is not None:
            # What is left of the body is read after this by `PromptProtocol`: a client that is still sending
            # when its connection is closed gets no answer but a reset.
            await refused(scope, receive, send)
            return
        answered = False

        async def send_once(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, self._bounded(receive), send_once)
        except _RefusedError as error:
            if not answered:
                response = problem_response(error.status, str(error), error.headers)
                await response(scope, receive, send)

    def _refuse(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to a request that is not even looked at; None where it is."""
        if not is_known(headers, self._limits.hosts):
            return problem_response(
                HTTPStatus.MISDIRECTED_REQUEST, "this server is not known by that name; use its address"
            )
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > self._limits.body_bytes:
            return problem_response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_large())
        wait = self._rate.wait_s(client_of(scope), time.monotonic())
        if wait > 0:
            return problem_response(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"too many requests came from here; try again in {ceil(wait)} s",
                {"Retry-After": str(ceil(wait))},
            )
        return None

    def _bounded(self, receive: Receive) -> Callable[[], Awaitable[Message]]:
        """`receive` with the limits of the body: it raises when there is more, or it comes too slowly."""
        received, deadline, whole = 0, time.monotonic() + self._limits.body_s, False

        async def bounded() -> Message:
            nonlocal received, whole
            if whole:
                # What comes after the body is the client's leaving, which may take for ever.
                return await receive()
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise _RefusedError(
                    HTTPStatus.REQUEST_TIMEOUT,
                    f"the body did not come within {self._limits.body_s:g} s; send it again",
                    {"Connection": "close"},
                ) from None
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                whole = not message.get("more_body", False)
            if received > self._limits.body_bytes:
                raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._too_large())
            return message

        return bounded

    def _too_large(self) -> str:
        return f"a request may have {self._limits.body_bytes >> 20} MiB; send a smaller picture"


def is_known(headers: Mapping[str, str], hosts: frozenset[str]) -> bool:
    """Whether the name that a client has for this server is one of its own; see `RequestLimits.hosts`."""
    return not hosts or headers.get("host", "").rsplit(":", 1)[0].strip("[]").lower() in hosts


def client_of(scope: Scope) -> str:
    """Who asks: the address at the other end of the connection."""
    client = scope.get("client")
    return client[0] if client else ""


def _request_id(headers: Headers) -> str:
    """The identifier that a client gave its request, where it is a harmless one, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
