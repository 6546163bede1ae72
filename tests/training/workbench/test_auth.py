"""Who may open pages, call the API and connect."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from edge.web.auth import Guard
from tests.support.web import TOKEN
from training.workbench.auth import COOKIE, PageGuard

HOSTS = frozenset({"bench"})
INSIDE = 200


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers whatever the guard lets through."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": INSIDE, "headers": []})
    await send({"type": "http.response.body"})


def sent(guard: Guard, kind: str, path: str, headers: dict[str, str], method: str = "GET") -> list[Message]:
    """All that comes back for a request, or for a connection that is asked for."""
    messages: list[Message] = []
    scope: dict[str, Any] = {
        "type": kind,
        "method": method,
        "path": path,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive() -> Message:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request", "body": b""}

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(PageGuard(inside, guard, HOSTS)(scope, receive, send))
    return messages


def status(guard: Guard, path: str = "/data", method: str = "GET", **headers: str) -> int:
    """The status of the answer to a request."""
    answers = sent(guard, "http", path, {"Host": "bench", **headers}, method)
    return int(answers[0]["status"])


def connects(guard: Guard, **headers: str) -> bool:
    """Whether a WebSocket connection is taken."""
    (answer,) = sent(guard, "websocket", "/ws", {"Host": "bench", **headers})
    assert answer["type"] in ("websocket.accept", "websocket.close")
    return bool(answer["type"] == "websocket.accept")


def test_who_has_no_token_is_sent_to_the_login() -> None:
    """A page asks for it, a program gets a problem; what the login page needs is open."""
    locked = Guard(TOKEN, cookie=COOKIE)
    start, *_ = sent(locked, "http", "/data", {"Accept": "text/html"})
    assert (start["status"], dict(start["headers"])[b"location"]) == (303, b"/login")
    assert status(locked) == 401
    assert status(locked, method="POST", Accept="text/html") == 401
    assert status(locked, "/_nicegui/static/nicegui.js") == 401
    for path in ("/login", "/api/health", "/static/style.css"):
        assert status(locked, path) == INSIDE


def test_a_token_or_a_session_opens() -> None:
    """For requests and for connections."""
    locked = Guard(TOKEN, cookie=COOKIE)
    assert not connects(locked)
    assert status(locked, Authorization=f"Bearer {TOKEN}") == INSIDE
    cookie = f"{COOKIE}={locked.begin_session()}"
    assert status(locked, Cookie=cookie) == INSIDE
    assert connects(locked, Cookie=cookie)
    assert not connects(locked, Cookie=f"{COOKIE}=other")


def test_a_page_of_another_site_gets_nothing() -> None:
    """Even where nobody needs a token: no form, no connection, and no name that leads here."""
    unlocked = Guard("", cookie=COOKIE)
    assert status(unlocked, method="POST", **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert status(unlocked, method="POST", **{"Sec-Fetch-Site": "same-origin"}) == INSIDE
    for origin, answer in (("http://bench", INSIDE), ("http://elsewhere.example", 403), ("null", 403)):
        assert status(unlocked, method="DELETE", Origin=origin) == answer
    assert connects(unlocked)
    assert connects(unlocked, Origin="http://bench")
    assert not connects(unlocked, Origin="http://elsewhere.example")
    assert not connects(unlocked, Host="elsewhere.example")
