"""Who may open pages, call the API and connect: before anything of the pages' library sees a request."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.web.auth import Guard, check_site, is_own_page
from edge.web.middleware import client_of, is_known
from edge.web.problems import ProblemError, problem_response

COOKIE = "maskgate-workbench"
OPEN_PATHS = ("/login", "/api/health")
OPEN_FOLDER = "/static/"
"""Style and icon of the page that asks for the token."""
_ASKING = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008


class PageGuard:
    """Lets requests and WebSocket connections through that may pass; plain ASGI, around the application."""

    def __init__(self, app: ASGIApp, guard: Guard, hosts: frozenset[str]) -> None:
        """`hosts`: see `edge.web.middleware.RequestLimits`."""
        self._app = app
        self._guard = guard
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or takes one connection."""
        if scope["type"] == "websocket" and not self._may_connect(HTTPConnection(scope)):
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        refused = self._refuse(HTTPConnection(scope)) if scope["type"] == "http" else None
        await (refused or self._app)(scope, receive, send)

    def _refuse(self, request: HTTPConnection) -> Response | None:
        """The answer to who may not pass; None to who may."""
        method, path = request.scope["method"], request.scope["path"]
        try:
            # A page of another site can send a form here even where this machine needs no token.
            if method not in _ASKING:
                check_site(request.headers)
            if path not in OPEN_PATHS and not path.startswith(OPEN_FOLDER):
                self._guard.check_request(client_of(request.scope), request.headers, request.cookies)
        except ProblemError as error:
            wants_page = method == "GET" and "text/html" in request.headers.get("accept", "")
            if wants_page and error.status is HTTPStatus.UNAUTHORIZED:
                return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
            return problem_response(error.status, str(error), error.headers)
        return None

    def _may_connect(self, connection: HTTPConnection) -> bool:
        """Whether a page of this server asks, for somebody who may see it."""
        headers = connection.headers
        if not is_known(headers, self._hosts) or not is_own_page(headers):
            return False
        try:
            self._guard.check_request(client_of(connection.scope), headers, connection.cookies)
        except ProblemError:
            return False
        return True
