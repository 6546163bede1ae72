"""Serving: connections that send nothing, ports that are taken."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from edge.config import WebConfig
from edge.errors import ConfigError
from edge.web import server as servers
from edge.web.server import allow_many_connections, serve
from tests.support.web import MIB, resident, served, web_config


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


def test_a_port_that_is_taken() -> None:
    """One sentence names the key and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"web\.port: 127\.0\.0\.1 port {port} cannot be used"):
            serve(FastAPI(), WebConfig(port=port))
