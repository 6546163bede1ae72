"""What every request passes."""

from __future__ import annotations

import http.client
import socket
import time
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.config import WebConfig
from edge.web.middleware import LOCAL_NAMES, known_names
from tests.edge.web.test_api import refused
from tests.support.mosquitto import wait_until
from tests.support.web import MIB, Served, resident, served, web_config


def test_headers_of_safety(server: Served) -> None:
    """Each answer, errors too, forbids what is loaded from elsewhere, frames and guesses of type."""
    for path in ("/", "/api/health", "/nothing"):
        headers = server.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_requests_have_identifiers(server: Served) -> None:
    """A client's own is kept where it is harmless; else there is a new one."""
    get = server.client.get
    assert get("/api/health", headers={"X-Request-ID": "a-1"}).headers["x-request-id"] == "a-1"
    assert get("/api/health", headers={"X-Request-ID": "a b;c"}).headers["x-request-id"] != "a b;c"
    assert get("/api/health").headers["x-request-id"] != get("/api/health").headers["x-request-id"]


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/health/live"])
def test_headers_alone(server: Served, path: str) -> None:
    """A monitor that asks for no more gets those of the whole answer, and no body."""
    answer = server.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == server.client.get(path).headers["content-type"]


def test_a_stream_is_as_quick_as_its_beginning(server: Served) -> None:
    """A page that is open for hours is no slow answer."""
    with server.client.stream("GET", "/api/events/stream") as answer:
        assert next(answer.iter_lines())
        time.sleep(1.5)
    name = 'maskgate_http_request_seconds_bucket{le="1.0",route="/api/events/stream"}'
    wait_until(lambda: f"{name} 1.0" in server.client.get("/metrics").text)


def test_another_name_is_refused(server: Served) -> None:
    """A page elsewhere that resolves its own name to this address gets nothing."""
    answer = server.client.get("/api/stats", headers={"Host": "evil.example"})
    refused(answer, HTTPStatus.MISDIRECTED_REQUEST, "not known by that name")


def test_what_is_not_there(server: Served) -> None:
    """Addresses, methods and paths with dots have their status and a sentence."""
    refused(server.client.get("/nothing"), HTTPStatus.NOT_FOUND, "/api/openapi.json")
    refused(server.client.delete("/api/predict"), HTTPStatus.METHOD_NOT_ALLOWED)
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
        assert server.client.get(path).status_code == 404


def test_a_gigabyte_that_is_announced(server: Served) -> None:
    """It is refused by its length; nothing of it is read."""
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0)
    connection.putrequest("POST", "/api/predict")
    connection.putheader("Content-Length", str(1 << 30))
    connection.putheader("Content-Type", "multipart/form-data; boundary=x")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"16 MiB" in answer.read()
    connection.close()


def test_a_body_without_end(server: Served) -> None:
    """One that does not say how long it is, is read up to the limit and no further; memory comes back."""

    def endless() -> object:
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        yield head + b"\xff\xd8"
        for _ in range(17):
            yield b"0" * MIB

    def post() -> int:
        answer = server.client.post(
            "/api/predict",
            content=endless(),  # type: ignore[arg-type]
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        refused(answer, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "16 MiB")
        return resident()

    # The first one brings what is loaded and kept once, of this test's own client, too.
    before, *after = (post() for _ in range(4))
    assert max(after) - before < 20 * MIB


def test_a_slow_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come in time is refused with a sentence; others are answered meanwhile."""
    monkeypatch.setattr("edge.web.app.BODY_S", 1.0)
    with served(web_config(tmp_path)) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as peer:
            head = "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n"
            peer.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n--x".encode())
            assert server.client.get("/api/health/live").status_code == 200
            answer = peer.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"send it again" in answer


def test_too_many_requests(tmp_path: Path) -> None:
    """Beyond the rate a client is told when to come back."""
    with served(web_config(tmp_path, requests_per_s=1)) as server:
        answers = [server.client.get("/api/health/live") for _ in range(20)]
    last = next(answer for answer in answers if answer.status_code != 200)
    refused(last, HTTPStatus.TOO_MANY_REQUESTS, "try again in 1 s")
    assert last.headers["retry-after"] == "1"


@pytest.mark.parametrize("path", ["/api/health", "/static/style.css"])
def test_nothing_is_kept_by_browsers(server: Served, path: str) -> None:
    """What the device says is not cached."""
    assert server.client.get(path).headers["cache-control"] == "no-store"


def test_the_names_of_the_server() -> None:
    """On this machine it answers to its own names; elsewhere to any, unless names are configured."""
    assert known_names(WebConfig()) == LOCAL_NAMES
    assert known_names(WebConfig(host="192.0.2.1")) == frozenset()
    assert "door.example" in known_names(WebConfig(host="192.0.2.1", names=("Door.example",)))
