"""One picture for all who look at the live view."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from http import HTTPStatus

import pytest

from edge.spool.control.requests import MOST_BY, LiveViewAnswer, SwitchViewRequest
from edge.web.problems import ProblemError
from edge.web.shared_view import FRESH_S, SharedView

JPEG = b"\xff\xd8\xff picture"
SHOWN = LiveViewAnswer(True, 600.0, b64encode(JPEG).decode())


class Daemon:
    """Answers as it was told, and counts the questions."""

    def __init__(self, answer: LiveViewAnswer | None) -> None:
        self.answer = answer
        self.asked = 0
        self.switched: list[SwitchViewRequest] = []

    def view(self) -> LiveViewAnswer | None:
        self.asked += 1
        return self.answer

    def switch_view(self, request: SwitchViewRequest) -> LiveViewAnswer | None:
        self.switched.append(request)
        return self.answer


class Shared:
    """A view of such a daemon, and a clock that is set by hand."""

    def __init__(self, answer: LiveViewAnswer | None) -> None:
        self.daemon, self.now = Daemon(answer), 100.0
        self.view = SharedView(self.daemon, lambda: self.now)  # type: ignore[arg-type]


def test_those_who_look_at_once_get_the_same_picture() -> None:
    """A moment later there is another."""
    shared = Shared(SHOWN)

    async def look() -> list[bytes]:
        return list(await asyncio.gather(*(shared.view.picture() for _ in range(5))))

    assert asyncio.run(look()) == [JPEG] * 5
    assert shared.daemon.asked == 1
    shared.now += FRESH_S
    assert asyncio.run(shared.view.picture()) == JPEG
    assert shared.daemon.asked == 2


def test_after_a_switch_no_earlier_picture_is_given() -> None:
    """Not even within the moment in which others would share it."""
    shared = Shared(SHOWN)
    asyncio.run(shared.view.picture())
    shared.daemon.answer = LiveViewAnswer(True, None)
    assert asyncio.run(shared.view.switch("x" * 2 * MOST_BY, on=False)).until is None
    assert [len(request.by) for request in shared.daemon.switched] == [MOST_BY]
    with pytest.raises(ProblemError, match="is off") as problem:
        asyncio.run(shared.view.picture())
    assert problem.value.status == HTTPStatus.CONFLICT


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (None, HTTPStatus.SERVICE_UNAVAILABLE),
        (LiveViewAnswer(False, None, "", "not allowed"), HTTPStatus.FORBIDDEN),
        (LiveViewAnswer(True, None, "", "the detector is damaged"), HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_a_switch_that_does_not_work(answer: LiveViewAnswer | None, status: HTTPStatus) -> None:
    """The status tells whose fault it is: nobody runs, it is forbidden, or it cannot be had."""
    with pytest.raises(ProblemError) as problem:
        asyncio.run(Shared(answer).view.switch("me", on=True))
    assert problem.value.status == status
