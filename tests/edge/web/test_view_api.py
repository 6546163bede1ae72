"""The live view over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus

import httpx
import pytest

from edge.spool import Spool
from edge.spool.control.handlers import Seeing
from edge.spool.control.server import ControlServer
from edge.web.problems import MEDIA_TYPE
from tests.support.builders import limits
from tests.support.live_views import ShownView
from tests.support.web import Served, served, web_config

VIEW = "/api/view"
SHOWN = ShownView()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server beside one device for all tests of the file, which change nothing but its live view."""
    directory = tmp_path_factory.mktemp("view")
    with (
        closing(Spool.open(directory / "spool.db", limits())) as spool,
        closing(ControlServer(spool, seeing=Seeing(SHOWN))),
        served(web_config(directory)) as running,
    ):
        yield running


@pytest.fixture
def live_view(shared: Served) -> ShownView:
    """That of the device, off; nobody has looked yet."""
    # The server forgets its last picture with that.
    shared.client.delete(VIEW)
    SHOWN.reset()
    return SHOWN


@pytest.fixture
def beside_device(shared: Served, live_view: ShownView) -> Served:
    """That server; its live view is off."""
    assert live_view.until is None
    return shared


def refused(answer: httpx.Response, status: HTTPStatus, words: str) -> None:
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), answer.text
    assert words in answer.json()["detail"]


def test_there_is_no_picture_before_somebody_wants_one(beside_device: Served, live_view: ShownView) -> None:
    """It says what to do, and nothing is made."""
    refused(beside_device.client.get(VIEW), HTTPStatus.CONFLICT, "the live view is off; switch it on")
    assert live_view.made == 0


def test_a_picture_while_it_is_on(beside_device: Served, live_view: ShownView) -> None:
    """The device is told who switched it; afterwards there is none, not even the last one."""
    client = beside_device.client
    until = client.post(VIEW, headers={"X-Request-ID": "r1"}).json()["until"]
    assert until == live_view.until
    answer = client.get(VIEW)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert answer.headers["cache-control"] == "no-store"
    assert client.delete(VIEW, headers={"X-Request-ID": "r2"}).json() == {"until": None}
    refused(client.get(VIEW), HTTPStatus.CONFLICT, "is off")
    assert live_view.said == [
        "on by 127.0.0.1 on the page (request r1)",
        "off by 127.0.0.1 on the page (request r2)",
    ]


def test_those_who_look_at_once_share_a_picture(beside_device: Served, live_view: ShownView) -> None:
    """However many pages are open, the device makes one picture."""
    beside_device.client.post(VIEW)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: beside_device.client.get(VIEW), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert live_view.made < 6


def test_a_camera_that_gives_nothing(beside_device: Served, live_view: ShownView) -> None:
    """The sentence of the device, and when to ask again."""
    beside_device.client.post(VIEW)
    live_view.problem = "the camera has given no picture"
    answer = beside_device.client.get(VIEW)
    refused(answer, HTTPStatus.SERVICE_UNAVAILABLE, "the camera has given no picture")
    assert answer.headers["retry-after"] == "1"


def test_it_may_be_forbidden(beside_device: Served, live_view: ShownView) -> None:
    """By the configuration of the process that sees, whatever that of the page says."""
    live_view.allowed = False
    refused(beside_device.client.post(VIEW), HTTPStatus.FORBIDDEN, "not allowed")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_another_site_cannot_switch_it(beside_device: Served, live_view: ShownView, method: str) -> None:
    """A page elsewhere can have a browser send such a request, but not look at the entrance."""
    answer = beside_device.client.request(method, VIEW, headers={"Sec-Fetch-Site": "cross-site"})
    refused(answer, HTTPStatus.FORBIDDEN, "another site")
    assert live_view.said == []


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_token_is_needed(locked: Served, method: str) -> None:
    """As for everything else that tells of the entrance."""
    refused(locked.client.request(method, VIEW), HTTPStatus.UNAUTHORIZED, "a token is needed")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_device_that_does_not_run(server: Served, method: str) -> None:
    """There is nobody who sees."""
    refused(server.client.request(method, VIEW), HTTPStatus.SERVICE_UNAVAILABLE, "the daemon does not run")


def test_the_notice_is_for_all_clients(beside_device: Served) -> None:
    """What the state says of it stands in the figures of the device, too."""
    assert beside_device.client.get("/api/stats").json()["live_view_until"] is None
