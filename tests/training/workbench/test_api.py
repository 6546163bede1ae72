"""The HTTP API of the workbench."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from tests.support.web import Served

pytestmark = pytest.mark.slow


def test_it_says_that_it_lives(bench: Served) -> None:
    """With its version."""
    assert bench.client.get("/api/health").json() == {"live": True, "version": version("maskgate")}


def test_a_picture_is_taken(bench: Served) -> None:
    """Under a name that nobody can guess; one that is empty is refused, by the name that it was given."""
    first, second = (bench.client.post("/api/pictures", content=b"x").json()["id"] for _ in range(2))
    assert first != second
    refused = bench.client.post("/api/pictures?name=visit.jpg")
    assert (refused.status_code, refused.json()["detail"]) == (422, "visit.jpg is empty; send a picture")
    assert bench.client.post(f"/api/pictures?name={'x' * 101}", content=b"x").status_code == 422


def test_a_video_is_taken(bench: Served) -> None:
    """Whatever its sender calls it, it stays in the folder of the workbench."""
    sent = bench.client.post("/api/videos?name=../../x.mp4/../y", content=b"x")
    assert len(sent.json()["id"]) == 32


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/api/nothing", 404, "/api/openapi.json lists what there is"),
        ("POST", "/api/", 404, "/api/openapi.json lists what there is"),
        ("PUT", "/api/retrain", 405, "does not take this method"),
        ("GET", "/api/jobs/%00", 404, "there is no job"),
        ("DELETE", "/api/jobs/%00", 404, "there is no job"),
        ("POST", "/api/jobs/%00/resume", 404, "there is no job"),
        ("GET", "/api/jobs/%00/log", 404, "there is no job"),
        ("GET", "/api/runs/%00/report", 404, "there is no run"),
    ],
)
def test_what_there_is_not(bench: Served, method: str, path: str, status: int, words: str) -> None:
    """Is a problem, as every other error."""
    answer = bench.client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["detail"]


def test_the_methods_of_an_address(bench: Served) -> None:
    """Are named to who takes another one."""
    assert bench.client.put("/api/jobs/one").headers["allow"] == "DELETE, GET"
