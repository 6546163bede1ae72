"""The live view as the pages see it: one picture for all who look, pixelated where it was taken."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from collections.abc import Callable
from http import HTTPStatus

from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import MOST_BY, LiveViewAnswer, SwitchViewRequest
from edge.web.problems import ProblemError

FRESH_S = 0.25
"""Who asks within this time of another gets the same picture."""


class SharedView:
    """Asks the daemon once, however many look. What it gets is pixelated already."""

    def __init__(self, client: SpoolClient, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._asking = asyncio.Lock()
        self._answer: LiveViewAnswer | None = None
        self._asked_at = 0.0

    async def picture(self) -> bytes:
        """A JPEG of what the camera sees now.

        Raises:
            ProblemError: The view is off, or there is no picture.
            SpoolError: The daemon does not answer.
        """
        async with self._asking:
            if self._answer is None or self._monotonic() - self._asked_at >= FRESH_S:
                self._answer = _running(await asyncio.to_thread(self._client.view))
                self._asked_at = self._monotonic()
            answer = self._answer
        if answer.until is None:
            raise ProblemError(HTTPStatus.CONFLICT, "the live view is off; switch it on with POST /api/view")
        if not answer.jpeg:
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, answer.problem, 1)
        return b64decode(answer.jpeg)

    async def switch(self, by: str, *, on: bool) -> LiveViewAnswer:
        """Switches it on or off; `by`: who wants that, for the device's log.

        Raises:
            ProblemError: It is not allowed, or cannot be had.
            SpoolError: The daemon does not answer.
        """
        request = SwitchViewRequest(on=on, by=by[:MOST_BY])
        answer = _running(await asyncio.to_thread(self._client.switch_view, request))
        self._answer = None
        if answer.problem:
            status = HTTPStatus.SERVICE_UNAVAILABLE if answer.allowed else HTTPStatus.FORBIDDEN
            raise ProblemError(status, answer.problem)
        return answer


def _running(answer: LiveViewAnswer | None) -> LiveViewAnswer:
    if answer is None:
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "the daemon does not run; start maskgate.service")
    return answer
