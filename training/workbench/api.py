"""The HTTP API of the workbench."""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

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
