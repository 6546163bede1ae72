"""The routes of commissioning, for whoever installs the device."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Annotated, Literal

import anyio.to_thread
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from edge.diagnostics.finding import Finding, Level
from edge.types import Lamp
from edge.web.api import ANY_PROBLEM, Services, guarded
from edge.web.auth import check_site
from edge.web.commission import Asked
from edge.web.problems import responses

_DEVICE = responses(HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)


async def own_site(request: Request) -> None:
    """Lets through what no page of another site has sent."""
    check_site(request.headers)


routes = APIRouter(
    prefix="/api/commission",
    tags=["commissioning"],
    responses={**ANY_PROBLEM, **_DEVICE},
    dependencies=[Depends(guarded), Depends(own_site)],
)


class FindingItem(BaseModel):
    """What was found on one thing, how that is to be taken, and what to do; empty where nothing is."""

    check: str
    level: Level
    text: str
    fix: str


class CommissionSection(BaseModel):
    """What was found on one part of the device."""

    title: str
    findings: list[FindingItem]


class LampTrial(BaseModel):
    """Which lamp is to be lit; red sounds the buzzer."""

    lamp: Literal[Lamp.GREEN, Lamp.AMBER, Lamp.RED]


class RelayTrial(BaseModel):
    """Somebody has seen that the way is clear."""

    way_is_clear: Literal[True]


class TrialStarted(BaseModel):
    """For how long it lasts."""

    seconds: float


class CommissionAnswer(BaseModel):
    """Whether what was tried was as it should be."""

    check: Asked
    good: Annotated[bool, Field(strict=True)]


@routes.get("")
async def commission(web: Services) -> list[CommissionSection]:
    """Gives what was found since commissioning began."""
    sections = web.commission.sections(web.monitor.status)
    return [CommissionSection(title=title, findings=items_of(found)) for title, found in sections.items()]


@routes.delete("", status_code=HTTPStatus.NO_CONTENT)
async def begin(web: Services) -> None:
    """Forgets what was found, for another commissioning."""
    web.commission.begin()


@routes.get("/sight")
async def sight(web: Services) -> list[FindingItem]:
    """Says what the camera has seen within the last ten seconds, as numbers, and what to change."""
    return items_of(await anyio.to_thread.run_sync(partial(web.commission.look, keep=False)))


@routes.post("/sight")
async def keep_sight(web: Services) -> list[FindingItem]:
    """Says the same, and keeps it for the report."""
    return items_of(await anyio.to_thread.run_sync(partial(web.commission.look, keep=True)))


@routes.post("/lamp")
async def lamp(trial: LampTrial, web: Services) -> TrialStarted:
    """Lights a lamp for some seconds, whoever is at the door."""
    return TrialStarted(seconds=await anyio.to_thread.run_sync(web.client.try_lamp, trial.lamp))


@routes.post("/relay", responses=responses(HTTPStatus.CONFLICT))
async def relay(_trial: RelayTrial, web: Services) -> TrialStarted:
    """Energises the relay once, where `web.relay_test` allows it."""
    return TrialStarted(seconds=await anyio.to_thread.run_sync(web.commission.try_relay))


@routes.post("/answer", status_code=HTTPStatus.NO_CONTENT)
async def answer(given: CommissionAnswer, web: Services) -> None:
    """Takes what somebody says who looked at lamp or relay."""
    web.commission.answer(given.check, good=given.good)


@routes.post("/event")
async def event(web: Services) -> FindingItem:
    """Sends the newest event once more, and waits for the broker's acknowledgement."""
    (found,) = items_of([await anyio.to_thread.run_sync(web.commission.send_event)])
    return found


@routes.get("/report", response_class=HTMLResponse)
async def report(web: Services) -> Response:
    """Gives the report to be signed: findings, and no picture."""
    # A file to be kept: the pages' rules of safety would refuse its style, which is in it.
    headers = {"Content-Disposition": 'attachment; filename="commissioning.html"'}
    return HTMLResponse(web.commission.page(web.monitor.status), headers=headers)


def items_of(findings: tuple[Finding, ...] | list[Finding]) -> list[FindingItem]:
    """Findings as the API tells them."""
    return [FindingItem(check=one.check, level=one.level, text=one.text, fix=one.fix) for one in findings]
