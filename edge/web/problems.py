"""Errors of the API as RFC 9457 has them: a JSON object that says what is wrong and what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from edge.errors import MaskGateError

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class ProblemDetails(BaseModel):
    """What went wrong with a request.

    `type` is always "about:blank": `title` is the name of the HTTP status, `detail` one sentence for people.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """Ends a request with a problem; `retry_s` says after how many seconds another try makes sense."""

    def __init__(self, status: HTTPStatus, detail: str, retry_s: int | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = {} if retry_s is None else {"Retry-After": str(retry_s)}


def problem_response(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The answer that tells a problem."""
    problem = ProblemDetails(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(problem.model_dump(), status, headers=headers, media_type=MEDIA_TYPE)


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, object]]:
    """The problems that a route may end with, for its description."""
    return {
        int(status): {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
        }
        for status in statuses
    }


def handle_problems(app: FastAPI) -> None:
    """Has every error of an application answered with a problem."""
    app.add_exception_handler(ProblemError, _answer_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(MaskGateError, _answer_maskgate)
    app.add_exception_handler(Exception, _answer_unexpected)


async def _answer_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101 - the type that this handler is registered for
    return problem_response(error.status, str(error), error.headers)


async def _answer_http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers) if error.headers else None
    return problem_response(error.status_code, _SENTENCES.get(error.status_code, error.detail), headers)


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}: {first['msg']}")


async def _answer_maskgate(_request: Request, error: Exception) -> Response:
    """The device cannot answer now: its daemon, spool or model is in the way, not the request."""
    return problem_response(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


async def _answer_unexpected(_request: Request, _error: Exception) -> Response:
    # What it was stands in the log, with the request's identifier; it may tell of files and addresses.
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed at this; its log says why")


_SENTENCES = {
    404: "there is nothing at this address; /api/openapi.json lists what there is",
    405: "this address does not take this method; /api/openapi.json lists what it takes",
}
