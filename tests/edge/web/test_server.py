"""Serving: connections that send nothing, ports that are taken."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from edge.config import WebConfig
from edge.errors import ConfigError
from edge.web import server as servers
from edge.web.server import allow_many_connections, open_listener, serve
from tests.support.certificates import certificates
from tests.support.mosquitto import free_port
from tests.support.web import MIB, TOKEN, resident, served, token_file, web_config


def test_silent_connections_are_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand that send nothing, or half of their headers, are hung up on; others are answered."""
    monkeypatch.setattr(servers, "HEADERS_S", 2.0)
    allow_many_connections()
    with served(web_config(tmp_path)) as server, ExitStack() as stack:
        parts = urlsplit(server.url)
        before, peers = resident(), []
        for number in range(2000):
            peer = stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=60))
            if number % 2:
                peer.sendall(b"GET / HTTP/1.1\r\nHost: ")
            peers.append(peer)
        assert server.client.get("/api/health/live").status_code == 200
        for peer in peers:
            assert peer.recv(1) == b""
        assert resident() - before < 20 * MIB


@pytest.mark.parametrize("start", [b"G", b"GET / HTTP/1.1\r\nHost: loc"])
def test_half_a_request_after_a_whole_one_is_ended(
    start: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However slowly the rest of its headers comes, the connection lasts no longer than a new one would."""
    monkeypatch.setattr(servers, "HEADERS_S", 1.0)
    with served(web_config(tmp_path)) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as peer:
            peer.sendall(b"GET /api/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = HTTPResponse(peer)
            answer.begin()
            assert (answer.status, answer.read()[:1]) == (200, b"{")
            peer.sendall(start)
            assert peer.recv(1) == b""


def test_a_handshake_that_does_not_come_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a certificate, who only connects is hung up on as soon as without."""
    monkeypatch.setattr(servers, "HEADERS_S", 1.0)
    authority, cert, key = certificates(tmp_path)
    config = web_config(tmp_path, cert_file=str(cert), key_file=str(key), token_file=token_file(tmp_path))
    with served(config, authority) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as peer:
            assert peer.recv(1) == b""


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n"])
def test_what_is_no_request_gets_a_problem(sent: bytes, tmp_path: Path) -> None:
    """As every other answer that is an error."""
    with served(web_config(tmp_path)) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as peer:
            peer.sendall(sent)
            answer = HTTPResponse(peer)
            answer.begin()
            assert answer.getheader("Content-Type") == "application/problem+json"
            assert answer.getheader("X-Content-Type-Options") == "nosniff"
            problem = json.loads(answer.read())
            assert (answer.status, problem["status"], problem["title"]) == (400, 400, "Bad Request")


def test_a_request_that_goes_on_after_its_answer_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that is refused at its beginning has no end; its connection has one."""
    monkeypatch.setattr(servers, "IDLE_S", 1)
    with served(web_config(tmp_path)) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=60) as peer:
            peer.sendall(
                b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n4\r\nnone\r\n"
            )
            answer = HTTPResponse(peer)
            answer.begin()
            assert (answer.status, answer.read()[:1]) == (422, b"{")
            peer.sendall(b"4\r\nmore\r\n")
            assert peer.recv(1) == b""


def test_answers_are_not_held_back() -> None:
    """The system sends each piece at once, and does not wait for an acknowledgement of the one before."""
    with open_listener(WebConfig(port=free_port())) as listener:
        address = listener.getsockname()
        with socket.create_connection(address, timeout=60), listener.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_https(tmp_path: Path) -> None:
    """With a certificate the pages are encrypted, and the cookie of a login never travels otherwise."""
    authority, cert, key = certificates(tmp_path)
    config = web_config(tmp_path, cert_file=str(cert), key_file=str(key), token_file=token_file(tmp_path))
    with served(config, authority) as server:
        answer = server.client.post("/login", data={"token": TOKEN})
        assert server.client.get("/api/stats").status_code == 200
    for attribute in ("HttpOnly", "SameSite=strict", "Secure"):
        assert attribute in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file or directory"), ("no certificate", "no PEM files")]
)
def test_a_certificate_that_cannot_be_used(tmp_path: Path, content: str | None, words: str) -> None:
    """One sentence names key, files and reason."""
    file = tmp_path / "cert.pem"
    if content is not None:
        file.write_text(content)
    config = WebConfig(port=free_port(), cert_file=str(file), key_file=str(file))
    with pytest.raises(ConfigError, match=rf"web\.cert_file: .*cert\.pem.* cannot be used: .*{words}"):
        serve(FastAPI(), config)


def test_a_port_that_is_taken() -> None:
    """One sentence names the key and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"web\.port: 127\.0\.0\.1 port {port} cannot be used"):
            serve(FastAPI(), WebConfig(port=port))
