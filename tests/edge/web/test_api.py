"""The HTTP API, asked as a program asks it."""

from __future__ import annotations

import json
import time
from http import HTTPStatus

import httpx
import pytest

from edge.contract import LABELS
from edge.spool import Spool
from edge.telemetry.minutes import MinuteStats, Quantiles
from edge.telemetry.records import SenderState
from edge.types import Lamp, Outcome, State
from edge.web.device import POLL_S
from tests.support.builders import event
from tests.support.pictures import animation, encoded, huge_png, photo
from tests.support.spools import at, fill
from tests.support.web import TOKEN, Served

PROBLEM = "application/problem+json"


def predict(server: Served, data: bytes, name: str = "photo.jpg") -> httpx.Response:
    return server.client.post("/api/predict", files={"file": (name, data)})


def refused(answer: httpx.Response, status: HTTPStatus, *words: str) -> None:
    """A problem as RFC 9457 has it, with one sentence that says what to do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    problem = answer.json()
    assert (problem["type"], problem["status"], problem["title"]) == ("about:blank", status, status.phrase)
    assert all(word in problem["detail"] for word in words), problem


def test_a_picture_is_judged(server: Served) -> None:
    """The largest face stands at the top, as other programs of this kind answer; all faces follow."""
    found = predict(server, photo()).json()
    assert found["prediction"] in {str(label) for label in LABELS}
    assert found["confidence"] == found["probabilities"][found["prediction"]]
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=0.001)
    sides = [min(face["box"]["w"], face["box"]["h"]) for face in found["faces"]]
    assert sides == sorted(sides, reverse=True)
    assert found["faces"][0]["prediction"] == found["prediction"]


def test_nobody_is_in_the_picture(server: Served) -> None:
    """No face is no error."""
    found = predict(server, encoded(".png")).json()
    assert (found["prediction"], found["confidence"], found["faces"]) == (None, None, [])


def test_a_batch_goes_on_behind_a_bad_picture(server: Served) -> None:
    """Each picture has its result or its problem, in the order of the request."""
    files = [
        ("files", ("a.jpg", photo())),
        ("files", ("b.jpg", photo()[:300])),
        ("files", ("c.txt", b"text")),
    ]
    results = server.client.post("/api/predict/batch", files=files).json()["results"]
    assert [one["name"] for one in results] == ["a.jpg", "b.jpg", "c.txt"]
    assert results[0]["result"]["faces"]
    assert [one["problem"] and one["problem"]["status"] for one in results] == [None, 422, 415]


def test_a_batch_is_bounded(server: Served) -> None:
    """More pictures than are taken are refused as a whole."""
    answer = server.client.post("/api/predict/batch", files=[("files", ("a.png", b"x"))] * 17)
    refused(answer, HTTPStatus.UNPROCESSABLE_ENTITY, "Too many files")


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "no JPEG, PNG or WebP"),
        (b"PK\3\4" + b"0" * 100, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "no JPEG, PNG or WebP"),
        (huge_png(50_000, 50_000), HTTPStatus.UNPROCESSABLE_ENTITY, "of 50 megapixels; make it smaller"),
        (photo()[:2000], HTTPStatus.UNPROCESSABLE_ENTITY, "cut short"),
        (animation("WEBP"), HTTPStatus.UNPROCESSABLE_ENTITY, "send one frame of it"),
        (b"\xff\xd8\xff" + b"x" * 500, HTTPStatus.UNPROCESSABLE_ENTITY, "photo.jpg"),
    ],
    ids=["empty", "zip", "huge", "half", "animation", "noise"],
)
def test_what_is_no_picture(server: Served, data: bytes, status: HTTPStatus, words: str) -> None:
    """A zip named .jpg, half a JPEG, a header that lies: refused before anything large is made."""
    refused(predict(server, data), status, words)


def test_a_form_is_needed(server: Served) -> None:
    """What is sent otherwise is refused with what to do."""
    client = server.client
    bare = client.post("/api/predict", content=photo())
    refused(bare, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "multipart/form-data")
    other = client.post("/api/predict", files={"picture": ("a.jpg", photo())})
    refused(other, HTTPStatus.UNPROCESSABLE_ENTITY, "no file named file")
    broken = client.post(
        "/api/predict", content=b"x", headers={"content-type": "multipart/form-data; boundary=y"}
    )
    refused(broken, HTTPStatus.UNPROCESSABLE_ENTITY, "the form")


def test_names_are_harmless(server: Served) -> None:
    """A name is repeated without control characters, and never becomes a path."""
    answer = predict(server, b"text", "../../etc/pass\x1b[31mwd")
    refused(answer, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    assert "\x1b" not in answer.json()["detail"]


def test_the_model_describes_itself(server: Served) -> None:
    """Version, labels and figures are those of the manifest."""
    info = server.client.get("/api/model/info").json()
    assert info["labels"] == [str(label) for label in LABELS]
    assert info["version"] == predict(server, photo()).json()["model"]


def test_a_server_without_a_device(server: Served) -> None:
    """It lives, says that the device is not ready and why, and has no events."""
    health = server.client.get("/api/health").json()
    assert (health["live"], health["ready"]) == (True, False)
    assert "there is no spool" in health["problems"][0]
    assert server.client.get("/api/health/live").json() == {"live": True}
    assert server.client.get("/api/health/ready").status_code == 503
    refused(server.client.get("/api/events"), HTTPStatus.SERVICE_UNAVAILABLE, "there is no spool")


def test_events_page_by_page(beside_device: Served, spool: Spool) -> None:
    """`next` leads through all of them, each once, in order."""
    fill(spool, range(1, 8))
    client, after, seen = beside_device.client, -1, []
    while (page := client.get("/api/events", params={"after": after, "limit": 3}).json())["events"]:
        seen += [item["event"]["sequence"] for item in page["events"]]
        after = page["next"]
    assert seen == list(range(1, 8))
    newest = client.get("/api/events", params={"newest": True, "limit": 2}).json()
    assert [item["event"]["sequence"] for item in newest["events"]] == [6, 7]


def test_events_as_they_come(beside_device: Served, spool: Spool) -> None:
    """A client that comes back with the last identifier misses none and gets none twice."""
    fill(spool, range(20, 23))
    after = beside_device.client.get("/api/events", params={"newest": True, "limit": 2}).json()["events"][0]
    headers = {"Last-Event-ID": str(after["position"] - 1)}
    with beside_device.client.stream("GET", "/api/events/stream", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        first = next_event(lines)
        spool.append(event(23))
        assert [first, next_event(lines), next_event(lines)] == [21, 22, 23]


def next_event(lines: object) -> int:
    kind = ""
    for line in lines:  # type: ignore[attr-defined]
        if line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        elif line.startswith("data:") and kind == "event":
            return int(json.loads(line.removeprefix("data:"))["sequence"])
    raise AssertionError("the stream ended")


def test_the_state_of_the_device(beside_device: Served, spool: Spool) -> None:
    """Lamp, model and problems are those that the daemon shows, a moment later."""
    well = Quantiles(4.0, 8.0)
    spool.set_recent(MinuteStats(60, 300, 30.0, 0.0, well, well, well))
    spool.set_sender(SenderState(True, "", 0, False))
    spool.set_state(State(Lamp.BLIND, True, "the lens is covered", "1.2.3", 5.0, people=2))
    deadline = time.monotonic() + 30
    while (stats := beside_device.client.get("/api/stats").json())["lamp"] != "blind":
        assert time.monotonic() < deadline, stats
        time.sleep(POLL_S / 10)
    assert (stats["running"], stats["people"]) == (True, 2)
    assert (stats["fps"], stats["broker"]) == (10.0, "connected")
    assert stats["latency_ms"] == {"p50": 4.0, "p95": 8.0}
    assert stats["problems"] == ["the camera gives no picture: the lens is covered"]
    assert beside_device.client.get("/api/health/ready").status_code == 503
    spool.set_state(State(Lamp.OFF, False, "", "1.2.3", 6.0))


def test_counts_by_hour(beside_device: Served, spool: Spool) -> None:
    """A pass is counted in the hour in which it was decided, by its latest verdict."""
    now = time.time()
    before = beside_device.client.get("/api/summary", params={"hours": 0}).json()[-1]["verdicts"]
    spool.append(at(40, Outcome.COMPLIANT, 40, wall=now))
    spool.flush()
    hours = beside_device.client.get("/api/summary", params={"hours": 2}).json()
    assert len(hours) >= 3
    assert sum(hour["verdicts"]["compliant"] for hour in hours[-2:]) == before["compliant"] + 1


def test_figures_for_prometheus(beside_device: Served) -> None:
    """Requests, faces and the spool are counted under names that do not change."""
    predict(beside_device, photo())
    text = beside_device.client.get("/metrics").text
    assert 'maskgate_http_requests_total{method="POST",route="/api/predict",status="200"}' in text
    assert "maskgate_predicted_faces_total" in text
    assert "maskgate_daemon_running 1.0" in text
    assert 'maskgate_passes_total{verdict="no_mask"} 0.0' in text
    assert "maskgate_build_info" in text


@pytest.mark.parametrize("path", ["/api/stats", "/api/events", "/api/model/info", "/metrics", "/api/summary"])
def test_a_token_is_asked_for(locked: Served, path: str) -> None:
    """Whoever has it gets in, nobody else; health is open."""
    refused(locked.client.get(path), HTTPStatus.UNAUTHORIZED, "Authorization: Bearer TOKEN")
    assert locked.client.get("/api/health").status_code == 200
    known = locked.client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert known.status_code in {200, 503}


@pytest.mark.parametrize("query", ["after=-2", "limit=0", "limit=501", "after=x", f"after={1 << 64}"])
def test_wrong_parameters(server: Served, query: str) -> None:
    """The one that is wrong is named."""
    refused(
        server.client.get(f"/api/events?{query}"), HTTPStatus.UNPROCESSABLE_ENTITY, query.partition("=")[0]
    )
