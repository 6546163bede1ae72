"""The HTTP API of jobs and runs: pictures handed in, trainings started, watched and cancelled."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, PlainTextResponse

from edge.contract import Label
from edge.errors import ConfigError, MaskGateError, SourceError, StorageError
from edge.web.problems import ProblemError, responses
from edge.web.uploads import MOST_NAME
from training.workbench.api import Bench
from training.workbench.bench import Workbench
from training.workbench.inbox import HandedIn, InboxResult
from training.workbench.jobs import JobStatus
from training.workbench.models import usual_bundle
from training.workbench.renewal import RetrainRequest
from training.workbench.run_catalogue import RunSummary, runs_in
from training.workbench.uploads import UPLOADS, write_file

MOST_ZIP_BYTES = 2 << 30
HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'"
)
"""A report is one file: nothing else is loaded, and nothing in it runs."""

routes = APIRouter(prefix="/api", tags=["jobs"])
Answer = TypeVar("Answer")
JobName = Annotated[str, PathParameter(max_length=MOST_NAME, description="The id of the job.")]
RunName = Annotated[str, PathParameter(max_length=MOST_NAME, description="The name of the run's folder.")]
_CHANGES = responses(HTTPStatus.CONFLICT, HTTPStatus.INSUFFICIENT_STORAGE)
_NAMED = responses(HTTPStatus.NOT_FOUND)


class ProgressReport(BaseModel):
    """How far a job is: what it does now, how much of that and of its whole training is done, and its end."""

    title: str
    share: float | None
    whole: float | None
    ends_at: float | None


class JobReport(BaseModel):
    """A job. `verdict` is what the gate found of a training: whether it may replace the old model."""

    id: str
    kind: str
    title: str
    state: str
    sentence: str
    queued_at: float
    began_at: float | None
    ended_at: float | None
    exit_code: int | None
    progress: ProgressReport | None
    results: list[dict[str, Any]]
    verdict: dict[str, Any] | None
    bundle: str | None


class AdditionReport(BaseModel):
    """What was taken of pictures that were handed in, and the job that adds them."""

    job: JobReport
    counts: dict[str, int]
    left_out: list[str]
    others: int


class RetrainBody(BaseModel):
    """A training to start: its recipe, the key of the bundle to beat, and the weights to start from.

    What is not given is what the page suggests.
    """

    model_config = ConfigDict(extra="forbid")

    recipe: str = Field("", max_length=MOST_NAME)
    model: str = Field("", max_length=MOST_NAME)
    weights: Literal["", "none", "imagenet"] = ""


@routes.post(
    "/additions",
    status_code=HTTPStatus.ACCEPTED,
    responses=_CHANGES | responses(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def additions(
    request: Request,
    bench: Bench,
    name: Annotated[str, Query(max_length=MOST_NAME, description="What sentences call it.")] = "the zip",
    label: Annotated[Label | None, Query(description="Of pictures that say nothing themselves.")] = None,
    source: Annotated[str, Query(max_length=MOST_NAME, description="Where they are from.")] = "",
) -> AdditionReport:
    """Takes a zip of labelled pictures, and has a job add them to the data."""
    await _done(bench.desk.catalogue)
    file = bench.settings.folder / UPLOADS / f"{secrets.token_hex(16)}.zip"
    await write_file(request.stream(), name, file, MOST_ZIP_BYTES)
    try:
        add = partial(bench.renewal.add, HandedIn(file, name), label, source)
        status, taken = await _done(add, HTTPStatus.UNPROCESSABLE_ENTITY)
    finally:
        file.unlink(missing_ok=True)
    return _addition(bench, status, taken)


def _addition(bench: Workbench, status: JobStatus, taken: InboxResult) -> AdditionReport:
    return AdditionReport(
        job=report_of(bench, status),
        counts={label.value: count for label, count in taken.counts.items()},
        left_out=list(taken.left_out),
        others=taken.others,
    )


@routes.post(
    "/retrain",
    status_code=HTTPStatus.ACCEPTED,
    responses=_CHANGES | responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def retrain(bench: Bench, body: RetrainBody) -> JobReport:
    """Queues a training that starts from a bundle and has to beat it."""
    await _done(bench.desk.catalogue)
    found = [one for one in bench.models.choices() if not one.is_network]
    rival = next((one for one in found if one.key == (body.model or usual_bundle(found).key)), None)
    if rival is None:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"there is no bundle {body.model}")
    start = partial(bench.renewal.retrain, RetrainRequest(rival.path, body.recipe, body.weights))
    return report_of(bench, await _done(start, HTTPStatus.UNPROCESSABLE_ENTITY))


@routes.get("/jobs")
async def jobs(bench: Bench) -> list[JobReport]:
    """Lists all jobs, the newest first."""
    return [report_of(bench, one) for one in bench.renewal.queue.all()]


@routes.get("/jobs/{name}", responses=_NAMED)
async def job(bench: Bench, name: JobName) -> JobReport:
    """Says how a job stands."""
    return report_of(bench, _found(bench, name))


@routes.delete("/jobs/{name}", responses=_NAMED)
async def cancel(bench: Bench, name: JobName) -> JobReport:
    """Cancels a job that waits or runs; of one that has ended nothing changes."""
    _found(bench, name)
    return report_of(bench, await _done(partial(bench.renewal.queue.cancel, name)))


@routes.post("/jobs/{name}/resume", responses=_NAMED | _CHANGES)
async def resume(bench: Bench, name: JobName) -> JobReport:
    """Goes on with a job that was cancelled, interrupted, or has failed."""
    _found(bench, name)
    return report_of(bench, await _done(partial(bench.renewal.resume, name)))


@routes.get("/jobs/{name}/log", responses=_NAMED, response_class=PlainTextResponse)
async def log(bench: Bench, name: JobName) -> PlainTextResponse:
    """Gives the end of what a job has told."""
    _found(bench, name)
    return PlainTextResponse(bench.renewal.queue.of(name).log())


@routes.get("/runs/{name}/report", responses=_NAMED, response_class=FileResponse, tags=["runs"])
async def run_report(bench: Bench, name: RunName) -> FileResponse:
    """Gives the report of a run."""
    file = _run(bench, name).report
    if file is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"run {name} has no report")
    return FileResponse(file, media_type="text/html", headers={"Content-Security-Policy": HTML_POLICY})


@routes.get("/runs/{name}/bundle", responses=_NAMED, response_class=FileResponse, tags=["runs"])
async def run_bundle(bench: Bench, name: RunName) -> FileResponse:
    """Gives the bundle of a run that passed the gate, as one file for `maskgate models install`."""
    if _run(bench, name).bundle is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"run {name} has no bundle that passed the gate")
    file = await _done(partial(bench.renewal.packed, name))
    return FileResponse(file, media_type="application/gzip", filename=file.name)


def report_of(bench: Workbench, status: JobStatus) -> JobReport:
    """A job with what came of it."""
    outcome, progress = status.outcome, status.progress
    verdict = bench.renewal.verdict(status.id)
    return JobReport(
        id=status.id,
        kind=status.plan.kind,
        title=status.plan.title,
        state=status.state,
        sentence=status.sentence,
        queued_at=status.plan.queued_at,
        began_at=status.began_at,
        ended_at=outcome.ended_at if outcome else None,
        exit_code=outcome.exit_code if outcome else None,
        progress=ProgressReport.model_validate(progress, from_attributes=True) if progress else None,
        results=bench.renewal.queue.of(status.id).results(),
        verdict=verdict or None,
        bundle=f"/api/runs/{status.id}/bundle" if bench.renewal.bundle(status.id) else None,
    )


def _found(bench: Workbench, name: str) -> JobStatus:
    try:
        return bench.renewal.queue.status(name)
    except ConfigError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None


def _run(bench: Workbench, name: str) -> RunSummary:
    found = next((run for run in runs_in(bench.settings.runs) if run.id == name), None)
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no run {name}")
    return found


async def _done(call: Callable[[], Answer], refused: HTTPStatus = HTTPStatus.CONFLICT) -> Answer:
    """What a call in a thread gives, its errors as problems.

    Args:
        call: Is made in a thread.
        refused: Where it is the request that cannot be done.

    Raises:
        ProblemError: It cannot be done.
    """
    try:
        return await anyio.to_thread.run_sync(call)
    except StorageError as error:
        raise ProblemError(HTTPStatus.INSUFFICIENT_STORAGE, str(error)) from None
    except SourceError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    except MaskGateError as error:
        raise ProblemError(refused, str(error)) from None
