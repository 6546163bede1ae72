"""Requests and answers as lines."""

from __future__ import annotations

import pytest

from edge.errors import SpoolError
from edge.spool.control import requests
from edge.spool.control.requests import (
    CurrentState,
    Overview,
    OverviewRequest,
    Page,
    PageRequest,
    PurgeRequest,
    ReplayRequest,
    SpoolStats,
    StatsRequest,
    StoredEvent,
)
from edge.spool.records import Purged, Replayed
from edge.types import Lamp, Reason, State


@pytest.mark.parametrize(
    "request_",
    [
        PageRequest(limit=3, newest=True),
        StatsRequest(),
        OverviewRequest(),
        ReplayRequest(1, 9, "e1"),
        PurgeRequest(12.5, True),
    ],
)
def test_a_request_comes_back_out_of_its_line(request_: requests.Request) -> None:
    """Whatever it asks for."""
    line = requests.encode_request(request_)
    assert line.endswith(b"\n")
    assert requests.parse_request(line) == request_


def test_an_answer_comes_back_out_of_its_line() -> None:
    """A page of events as well as a count, and one answer within another."""
    page = Page((StoredEvent(1, "e1", "{}", 2.0, None),))
    assert requests.parse_reply(requests.encode_answer(page), Page) == page
    replayed = Replayed(1, 2, 3)
    assert requests.parse_reply(requests.encode_answer(replayed), Replayed) == replayed
    held = SpoolStats((), 1, 0, 2, 3, 4, 5, {Reason.DISK: 6}, 0, 0, None, (), "a problem", 7)
    overview = Overview(CurrentState(State(Lamp.GREEN, True, "", "1.2.3", 5.0)), held)
    assert requests.parse_reply(requests.encode_answer(overview), Overview) == overview


def test_a_refusal_is_raised_with_its_sentence() -> None:
    """As if the tool had met the problem itself."""
    with pytest.raises(SpoolError, match="the disk is gone"):
        requests.parse_reply(requests.encode_error("the disk is gone"), Purged)


def test_an_answer_of_another_kind_is_refused() -> None:
    """Tool and daemon may be of different versions."""
    with pytest.raises(SpoolError, match="of one version"):
        requests.parse_reply(requests.encode_answer(Replayed(1, 2, 3)), Purged)


def test_a_name_that_is_no_text_can_be_told() -> None:
    """A path may hold any bytes; the line is valid all the same."""
    assert requests.encode_error("no \udcff here") == b'{"error": "no ? here"}\n'
