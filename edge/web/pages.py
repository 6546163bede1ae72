"""The pages for people: status, trying a picture, commissioning. What moves on them comes from the API."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge.web.api import Services
from edge.web.middleware import client_of
from edge.web.problems import ProblemError
from edge.web.rendering import page

routes = APIRouter(include_in_schema=False)


@routes.get("/")
async def status_page(request: Request, web: Services) -> Response:
    """The lamp, who passed, and the counts."""
    return _guarded_page(request, web, "status.html")


@routes.get("/try")
async def try_page(request: Request, web: Services) -> Response:
    """A picture is chosen, and its faces are judged."""
    return _guarded_page(request, web, "try.html")


@routes.get("/commission")
async def commission_page(request: Request, web: Services) -> Response:
    """The steps of an installer, and the report."""
    return _guarded_page(request, web, "commission.html")


def _guarded_page(request: Request, web: Services, template: str) -> Response:
    try:
        web.guard.check_request(client_of(request.scope), request.headers, request.cookies)
    except ProblemError as error:
        if error.status is HTTPStatus.FORBIDDEN:
            raise
        return RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    return page(request, template, {"closable": not web.guard.open, "live_view": web.live_view})
