"""Logging in and out: a form takes the token, and a session begins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from edge.web.auth import SESSION_S, Guard, check_site
from edge.web.middleware import client_of
from edge.web.problems import ProblemError
from edge.web.rendering import page

MOST_LOGIN_BYTES = 4096

routes = APIRouter(include_in_schema=False)


async def guard_of(request: Request) -> Guard:
    """Who watches over the application."""
    found: Guard = request.app.state.guard
    return found


ThisGuard = Annotated[Guard, Depends(guard_of)]


@routes.get("/login")
async def login_page(request: Request) -> Response:
    """Asks for the token."""
    return page(request, "login.html", {"problem": ""})


@routes.post("/login")
async def login(request: Request, guard: ThisGuard) -> Response:
    """Takes the token; a session begins, whose cookie no script can read."""
    check_site(request.headers)
    try:
        async with request.form(max_files=0, max_fields=1, max_part_size=MOST_LOGIN_BYTES) as form:
            guard.check_token(client_of(request.scope), str(form.get("token", "")).strip())
    except ProblemError as error:
        waits = error.status is HTTPStatus.TOO_MANY_REQUESTS
        values = {
            "problem": "wait_for_token" if waits else "wrong_token",
            "seconds": error.headers.get("Retry-After", ""),
        }
        return page(request, "login.html", values, error.status, error.headers)
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        guard.cookie,
        guard.begin_session(),
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@routes.post("/logout")
async def logout(request: Request, guard: ThisGuard) -> Response:
    """Ends the session."""
    check_site(request.headers)
    guard.end_session(request.cookies.get(guard.cookie, ""))
    answer = RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    answer.delete_cookie(guard.cookie)
    return answer
