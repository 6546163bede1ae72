"""The routes of commissioning."""

from __future__ import annotations

from edge.spool import Spool
from edge.types import Lamp, State
from tests.support.mosquitto import wait_until
from tests.support.web import TOKEN, Served

PATH = "/api/commission"


def test_steps_and_report(beside_device: Served, spool: Spool) -> None:
    """What was tried and answered is listed, and is in the report, which is a file to be kept."""
    client = beside_device.client
    spool.set_state(State(Lamp.OFF, False, "", "1.2.3", 5.0))
    wait_until(lambda: client.get("/api/health/ready").status_code == 200)
    assert client.delete(PATH).status_code == 204
    assert client.post(f"{PATH}/lamp", json={"lamp": "green"}).json() == {"seconds": 5.0}
    assert client.post(f"{PATH}/answer", json={"check": "lamp green", "good": False}).status_code == 204
    assert client.post(f"{PATH}/event").json()["text"] == "no event is stored yet"
    sections = {section["title"]: section["findings"] for section in client.get(PATH).json()}
    assert [found["check"] for found in sections["Lamp and relay"]] == ["lamp", "relay", "lamp green"]
    assert sections["Device"][0]["level"] == "ok"
    report = client.get(f"{PATH}/report")
    assert report.headers["content-disposition"] == 'attachment; filename="commissioning.html"'
    assert "lamp green" in report.text


def test_what_cannot_be_tried_is_refused(beside_device: Served) -> None:
    """With a sentence on what to do; nothing moves for who has not looked."""
    client = beside_device.client
    refused = client.post(f"{PATH}/relay", json={"way_is_clear": True})
    assert (refused.status_code, refused.json()["detail"]) == (409, "no relay is configured; set relay.pin")
    assert client.post(f"{PATH}/relay", json={"way_is_clear": False}).status_code == 422
    assert client.post(f"{PATH}/lamp", json={"lamp": "blind"}).status_code == 422
    assert client.post(f"{PATH}/answer", json={"check": "lamp blue", "good": True}).status_code == 422


def test_nobody_else_can_try_anything(beside_device: Served, locked: Served) -> None:
    """No page of another site, and nobody without the token."""
    body = {"lamp": "green"}
    foreign = beside_device.client.post(f"{PATH}/lamp", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert locked.client.post(f"{PATH}/lamp", json=body).status_code == 401
    assert locked.client.get(f"{PATH}/report").status_code == 401
    known = {"Authorization": f"Bearer {TOKEN}"}
    assert locked.client.post(f"{PATH}/lamp", json=body, headers=known).status_code == 503, "no daemon runs"
