"""The HTTP API of the data: what there is, and pictures of its faces."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from edge.errors import ConfigError
from edge.web.problems import ProblemError, responses
from training.data.manifest import SplitPart
from training.workbench.api import Bench
from training.workbench.data_catalogue import DataCatalogue
from training.workbench.data_desk import DataDesk
from training.workbench.face_pictures import SIDES, face_picture

routes = APIRouter(prefix="/api", tags=["data"])
_PICTURE: dict[int | str, dict[str, object]] = {200: {"content": {"image/jpeg": {}}}}


class DatasetSummary(BaseModel):
    """One source of the split, with its faces as corrected; what is left out is counted apart."""

    name: str
    title: str
    licence: str
    faces: int
    left_out: int
    labels: dict[str, int]
    parts: dict[str, int]


@routes.get("/datasets", responses=responses(HTTPStatus.CONFLICT))
async def datasets(bench: Bench) -> list[DatasetSummary]:
    """Lists the data sets: how many faces of each label and part they have."""
    return await anyio.to_thread.run_sync(partial(_datasets, bench.desk))


@routes.get(
    "/faces/{place}",
    response_class=Response,
    responses=_PICTURE | responses(HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND),
)
async def face(
    bench: Bench,
    place: Annotated[int, Path(ge=0, description="Of the face in the split, from 0.")],
    large: Annotated[bool, Query(description="Larger, and with what is around the face.")] = False,
    eyes: Annotated[bool, Query(description="Eyes as they are, and not pixelated.")] = False,
) -> Response:
    """Gives the picture of a face as JPEG."""
    content = await anyio.to_thread.run_sync(partial(_picture, bench.desk, place, SIDES[large], eyes))
    return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})


def _picture(desk: DataDesk, place: int, side: int, eyes: bool) -> bytes:
    shown = _catalogue(desk)
    if place >= len(shown.faces):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no face {place}; the data has {len(shown.faces)}")
    record = shown.faces[place].record
    content = face_picture(record, shown.neighbours(place), side, eyes)
    if content is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"the picture {record.image.name} cannot be read")
    return content


def _datasets(desk: DataDesk) -> list[DatasetSummary]:
    shown = _catalogue(desk)
    known = {source.name: source for source in shown.manifest.sources}
    found = []
    for name in sorted({face.record.source for face in shown.corrected}):
        places = [at for at, face in enumerate(shown.corrected) if face.record.source == name]
        kept = [shown.corrected[at] for at in places if at not in shown.excluded]
        labels, parts = [face.record.label for face in kept], [face.part for face in kept]
        found.append(
            DatasetSummary(
                name=name,
                title=known[name].title if name in known else "",
                licence=known[name].licence if name in known else "",
                faces=len(kept),
                left_out=len(places) - len(kept),
                labels={label.value: labels.count(label) for label in dict.fromkeys(labels)},
                parts={part.value: parts.count(part) for part in SplitPart},
            )
        )
    return found


def _catalogue(desk: DataDesk) -> DataCatalogue:
    try:
        return desk.catalogue()
    except ConfigError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from None
