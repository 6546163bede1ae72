"""The routes of the live view, for those who aim the camera."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.responses import Response

from edge.web.api import ANY_PROBLEM, Services, guarded
from edge.web.auth import check_site
from edge.web.middleware import client_of
from edge.web.problems import responses

_JPEG: dict[int | str, dict[str, object]] = {
    200: {
        "description": "A picture",
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_OFF = responses(HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)
_REFUSED = responses(HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)

routes = APIRouter(
    prefix="/api/view", tags=["live view"], responses=ANY_PROBLEM, dependencies=[Depends(guarded)]
)


class LiveViewReport(BaseModel):
    """Until when the live view lasts, as a Unix time; null while it is off."""

    until: float | None


@routes.get("", response_class=Response, responses={**_JPEG, **_OFF})
async def view(web: Services) -> Response:
    """Shows what the camera sees now, eyes and foreheads pixelated; 409 while the view is off."""
    return Response(await web.view.picture(), media_type="image/jpeg")


@routes.post("", responses=_REFUSED)
async def switch_on(request: Request, web: Services) -> LiveViewReport:
    """Switches the live view on for ten minutes; pages, `state` and log of the device tell it."""
    check_site(request.headers)
    return LiveViewReport(until=(await web.view.switch(_who(request), on=True)).until)


@routes.delete("", responses=_REFUSED)
async def switch_off(request: Request, web: Services) -> LiveViewReport:
    """Switches the live view off."""
    check_site(request.headers)
    return LiveViewReport(until=(await web.view.switch(_who(request), on=False)).until)


def _who(request: Request) -> str:
    return f"{client_of(request.scope)} on the page (request {request.state.request_id})"
