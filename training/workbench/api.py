"""The HTTP API of the workbench."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from http import HTTPMethod, HTTPStatus
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route

from edge.web.problems import responses
from edge.web.uploads import MOST_NAME
from training.workbench.bench import Workbench
from training.workbench.uploads import MOST_VIDEO_BYTES, read_picture, write_file

routes = APIRouter(prefix="/api")
_UPLOAD = responses(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.INSUFFICIENT_STORAGE
)


async def workbench(request: Request) -> Workbench:
    """What the routes work with."""
    found: Workbench = request.app.state.workbench
    return found


Bench = Annotated[Workbench, Depends(workbench)]
Name = Annotated[str, Query(max_length=MOST_NAME, description="What sentences call it.")]


class WorkbenchHealth(BaseModel):
    """That the workbench lives, and its version."""

    live: bool
    version: str


class UploadReport(BaseModel):
    """Under which name what was sent can be looked at, once."""

    id: str


def answer_all_else(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Has what is in none of the routers of the API answered with a problem, after these were included.

    Without this it would reach the pages, whose library takes every path that is left.
    """
    known = [*app.routes, *(route for router in routers for route in router.routes)]
    endpoint = partial(_nothing_here, [route for route in known if isinstance(route, Route)])
    methods = [method.value for method in HTTPMethod]
    app.add_route("/api/{path:path}", endpoint, methods, include_in_schema=False)


async def _nothing_here(known: Sequence[Route], request: Request) -> Response:
    others = [route.methods for route in known if route.matches(request.scope)[0] is Match.PARTIAL]
    if not others:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    allowed = sorted({method for methods in others for method in methods or ()})
    raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(allowed)})


@routes.get("/health")
async def health() -> WorkbenchHealth:
    """Answers while the workbench lives; open to all."""
    return WorkbenchHealth(live=True, version=version("maskgate"))


@routes.post("/pictures", responses=_UPLOAD)
async def pictures(request: Request, bench: Bench, name: Name = "the picture") -> UploadReport:
    """Takes a picture, in memory, for the page that sent it."""
    return UploadReport(id=bench.pictures.put(await read_picture(request.stream(), name)))


@routes.post("/videos", responses=_UPLOAD)
async def videos(request: Request, bench: Bench, name: Name = "the video") -> UploadReport:
    """Takes a video, in a file that is deleted when it was played."""
    video = bench.videos.place(name)
    await write_file(request.stream(), name, video.file, MOST_VIDEO_BYTES)
    return UploadReport(id=bench.videos.put(video))
