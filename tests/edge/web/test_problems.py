"""Errors of the API."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import httpx
import pytest
from fastapi import FastAPI

from edge.errors import SpoolError
from edge.web.problems import MEDIA_TYPE, ProblemError, handle_problems


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    handle_problems(app)

    @app.get("/{kind}")
    async def fail(kind: str) -> None:
        raise {
            "problem": ProblemError(HTTPStatus.CONFLICT, "it is so", 3),
            "spool": SpoolError("the spool is closed"),
            "other": ValueError("/etc/secret"),
        }[kind]

    return app


def get(app: FastAPI, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("kind", "status", "detail"),
    [
        ("problem", 409, "it is so"),
        ("spool", 503, "the spool is closed"),
        ("other", 500, "the server failed at this; its log says why"),
    ],
)
def test_every_error_is_a_problem(app: FastAPI, kind: str, status: int, detail: str) -> None:
    """Each has its status and a sentence; what nobody expected tells nothing of its inside."""
    answer = get(app, f"/{kind}")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
