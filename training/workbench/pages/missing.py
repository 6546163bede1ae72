"""What is shown at an address that no page has."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from fastapi import Request
from fastapi.exception_handlers import http_exception_handler
from nicegui import Client, ui
from nicegui import app as page_library
from starlette.exceptions import HTTPException
from starlette.responses import Response

from training.workbench.bench import Workbench
from training.workbench.frame import page_frame
from training.workbench.parts import words

NAME = "There is no such page"


def add(bench: Workbench) -> None:
    """Tells the library of the pages what to show instead of its own page."""
    page_library.add_exception_handler(HTTPStatus.NOT_FOUND, partial(_answer, bench))


async def _answer(bench: Workbench, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the status that this handler is registered for
    # A file of the library that is missing is no page; what leads nowhere has the library itself for its end.
    if request.scope.get("endpoint") not in (None, page_library):
        return await http_exception_handler(request, error)
    with Client(ui.page(""), request=request) as client, page_frame(bench, request.url.path, NAME):
        words("p", "Nothing of the workbench has this address. The pages are named above.")
        ui.link("Try a model on a picture", "/")
    return client.build_response(request, HTTPStatus.NOT_FOUND)
