"""The HTTP API: each route with what it takes, gives and refuses."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from edge.bundle import Bundle
from edge.errors import SourceError, SpoolError
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import MOST_ROWS, PageRequest
from edge.system.image_header import JPEG, PNG, RIFF, is_animated
from edge.telemetry.records import minute_of
from edge.web import metrics as web_metrics
from edge.web.auth import Guard
from edge.web.commission import Commission
from edge.web.device import DeviceMonitor, event_of
from edge.web.device_report import DeviceReport, obstacles_of, report_of
from edge.web.event_feed import EventFeed
from edge.web.hours import HourCounts, PeriodSummary
from edge.web.metrics import SETTLING_S, WebMetrics
from edge.web.middleware import client_of
from edge.web.prediction import Prediction, Predictor
from edge.web.problems import ProblemDetails, ProblemError, responses
from edge.web.shared_view import SharedView
from edge.web.uploads import Upload, field_schema, read_files

MOST_PICTURES = 16
"""Pictures in one batch."""
HEARTBEAT_S = 15.0
LAST_POSITION = (1 << 63) - 1
_KINDS = (JPEG, PNG, RIFF)
ANY_PROBLEM = responses(HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.UNAUTHORIZED, HTTPStatus.MISDIRECTED_REQUEST)
_UPLOAD = responses(
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_DEVICE = responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class WebServices:
    """What the routes work with, made once.

    `sends`: whether the device sends to a broker; `live_view`: whether its camera may be looked through.
    """

    guard: Guard
    predictor: Predictor
    bundle: Bundle
    client: SpoolClient
    monitor: DeviceMonitor
    metrics: WebMetrics
    judging: CapacityLimiter
    sends: bool
    feed: EventFeed
    hours: HourCounts
    live_view: bool
    view: SharedView
    commission: Commission


class Liveness(BaseModel):
    """Whether the server lives."""

    live: bool


class HealthReport(Liveness):
    """Whether the server lives, and whether the device is ready: `problems` says in sentences why not."""

    ready: bool
    problems: list[str]


class ModelInfo(BaseModel):
    """The bundle that judges, as its manifest describes it."""

    version: str
    labels: list[str]
    input_size: int
    thresholds: dict[str, float]
    metrics: dict[str, float]
    intervals: dict[str, list[float]]
    licence: str
    sha256: str


class BatchItem(BaseModel):
    """One picture of a batch: its prediction, or what is wrong with it."""

    name: str
    result: Prediction | None
    problem: ProblemDetails | None


class BatchPrediction(BaseModel):
    """The pictures of a batch, in their order."""

    results: list[BatchItem]


class EventItem(BaseModel):
    """An event: its position in the spool, and its message as it is published."""

    position: int
    sent: bool
    event: dict[str, Any]


class EventPage(BaseModel):
    """Some events in order; `next` is what to ask for as `after` to get those that follow."""

    events: list[EventItem]
    next: int


async def services(request: Request) -> WebServices:
    """The application's services."""
    found: WebServices = request.app.state.services
    return found


Services = Annotated[WebServices, Depends(services)]


async def guarded(request: Request, web: Services) -> None:
    """Lets whoever may use the API through."""
    web.guard.check_request(client_of(request.scope), request.headers, request.cookies)


open_routes = APIRouter(prefix="/api", tags=["health"], responses=ANY_PROBLEM)
routes = APIRouter(prefix="/api", responses=ANY_PROBLEM, dependencies=[Depends(guarded)])
metric_routes = APIRouter(tags=["metrics"], responses=ANY_PROBLEM, dependencies=[Depends(guarded)])


@open_routes.get("/health", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
async def health(web: Services) -> HealthReport:
    """Whether the server lives, and whether the device is ready; always 200 while it lives."""
    problems = list(map(str, obstacles_of(web.monitor.status)))
    return HealthReport(live=True, ready=not problems, problems=problems)


@open_routes.get("/health/live")
async def live() -> Liveness:
    """Answers while the server lives; of the device it says nothing."""
    return Liveness(live=True)


@open_routes.get("/health/ready", responses={503: {"model": HealthReport}})
async def ready(web: Services) -> Response:
    """200 while the device watches, 503 while it does not."""
    report = await health(web)
    return JSONResponse(report.model_dump(), 200 if report.ready else 503)


@routes.get("/model/info", tags=["model"])
async def model_info(web: Services) -> ModelInfo:
    """Says which model judges the pictures of this API."""
    manifest = web.bundle.manifest
    return ModelInfo(
        version=manifest.version,
        labels=[str(label) for label in manifest.labels],
        input_size=manifest.input.size,
        thresholds=manifest.thresholds,
        metrics=manifest.metrics,
        intervals={name: list(bounds) for name, bounds in manifest.intervals.items()},
        licence=manifest.licence,
        sha256=manifest.digest,
    )


@routes.post("/predict", tags=["model"], responses=_UPLOAD, openapi_extra=field_schema("file", many=False))
async def predict(request: Request, web: Services) -> Prediction:
    """Judges the faces of one picture: JPEG, PNG or WebP, in the form's field `file`."""
    (file,) = await read_files(request, "file", 1)
    return await _judge(web, file)


@routes.post(
    "/predict/batch", tags=["model"], responses=_UPLOAD, openapi_extra=field_schema("files", many=True)
)
async def predict_batch(request: Request, web: Services) -> BatchPrediction:
    """Judges several pictures, at most 16, in the form's field `files`; one that is bad stops no other."""
    results = []
    for file in await read_files(request, "files", MOST_PICTURES):
        try:
            results.append(BatchItem(name=file.name, result=await _judge(web, file), problem=None))
        except ProblemError as error:
            problem = ProblemDetails(title=error.status.phrase, status=error.status, detail=str(error))
            results.append(BatchItem(name=file.name, result=None, problem=problem))
    return BatchPrediction(results=results)


@routes.get("/events", tags=["device"], responses=_DEVICE)
async def events(
    web: Services,
    after: Annotated[int, Query(ge=-1, le=LAST_POSITION, description="The `next` of the page before.")] = -1,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    newest: Annotated[bool, Query(description="The last ones instead of the first.")] = False,
) -> EventPage:
    """Gives stored events in order, a page at a time."""
    request = PageRequest(after=after, limit=limit, newest=newest)
    found = await anyio.to_thread.run_sync(partial(web.client.page, request))
    items = [
        EventItem(position=one.position, sent=one.sent_at is not None, event=event_of(one)) for one in found
    ]
    return EventPage(events=items, next=items[-1].position if items else after)


@routes.get("/events/stream", tags=["device"], responses=_DEVICE, response_class=EventSourceResponse)
async def stream(
    web: Services, last_event_id: Annotated[str | None, Header()] = None
) -> AsyncIterator[ServerSentEvent]:
    """Sends each event when it is stored; a client that comes back with Last-Event-ID misses none."""
    after = web.monitor.status.newest
    if (
        last_event_id is not None
        and last_event_id.isdecimal()
        and len(last_event_id) < len(str(LAST_POSITION))
    ):
        after = int(last_event_id)
    async for status in web.monitor.changes(HEARTBEAT_S):
        while status.newest > after:
            found = await web.feed.after(after, status.newest)
            for one in found:
                yield ServerSentEvent(data=event_of(one), event="event", id=str(one.position))
                after = one.position
            if not found:
                break
        report = report_of(status, sends=web.sends)
        yield ServerSentEvent(data=report.model_dump(), event="status")


@routes.get("/stats", tags=["device"])
async def stats(web: Services) -> DeviceReport:
    """Says what the device shows, and how its events get along."""
    return report_of(web.monitor.status, sends=web.sends)


@routes.get("/summary", tags=["device"], responses=_DEVICE)
async def summary(
    web: Services,
    hours: Annotated[int, Query(ge=0, le=24 * 31, description="How many hours before the present one.")] = 24,
) -> list[PeriodSummary]:
    """Counts by hour, the oldest first; the last one is the present hour."""
    return await anyio.to_thread.run_sync(partial(web.hours.latest, hours, time.time()))


@metric_routes.get("/metrics", response_class=Response)
async def metrics(web: Services) -> Response:
    """Gives figures in the format of Prometheus."""
    web.metrics.set_device(report_of(web.monitor.status, sends=web.sends))
    await _count_minutes(web)
    return Response(web.metrics.text(), media_type=web_metrics.MEDIA_TYPE)


async def _count_minutes(web: WebServices) -> None:
    now = time.time()
    since = web.metrics.minutes_since
    first = minute_of(now) - SETTLING_S if since is None else since
    try:
        found = await anyio.to_thread.run_sync(partial(web.client.minutes, first, minute_of(now)))
    except SpoolError:
        # The gauge says that the daemon does not answer.
        return
    web.metrics.count_minutes(found, now)


async def _judge(web: WebServices, file: Upload) -> Prediction:
    if not file.data.startswith(_KINDS):
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"{file.name} is no JPEG, PNG or WebP; send one of these"
        )
    if is_animated(file.data):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{file.name} is an animation; send one frame of it as a picture"
        )
    try:
        found = await anyio.to_thread.run_sync(
            partial(web.predictor.predict, file.data, file.name), limiter=web.judging
        )
    except SourceError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    web.metrics.count_prediction(found)
    return found
