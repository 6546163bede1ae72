"""Serving the application: uvicorn, with an end to connections that send nothing."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
from typing import Any, Literal

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from edge.config import WebConfig
from edge.errors import ConfigError
from edge.web.auth import CONFIGURATION_KEYS, WebSettingNames

HEADERS_S = 10.0
"""Within which a new connection must have sent a request's headers."""
IDLE_S = 15
"""For which a connection may do nothing, or go on with a request that is answered already."""
STOP_S = 3
BACKLOG = 2048
WebSockets = Literal["none", "websockets-sansio"]
_log = logging.getLogger(__name__)


class PromptProtocol(H11Protocol):
    """Closes a connection whose first request has not come in time, or whose body has no end.

    So thousands of silent ones cost nothing.
    """

    _headers_due: asyncio.TimerHandle | None = None
    _end_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has connected."""
        super().connection_made(transport)
        self._headers_due = self.loop.call_later(HEADERS_S, self._close_silent)

    def data_received(self, data: bytes) -> None:
        """A client has sent something; its first whole headers end the wait."""
        super().data_received(data)
        if self.cycle is not None:
            self._stop_waiting()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """A client wants to go on in the protocol of WebSocket, which has limits of its own."""
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """A request is answered, perhaps before all of it was there."""
        cycle, unfinished = self.cycle, self.conn.their_state is h11.SEND_BODY
        super().on_response_complete()
        if unfinished:
            # The rest is read and forgotten, so that the client gets to its answer. uvicorn's own clock for
            # what is idle ends with the next byte of it.
            self._end_due = self.loop.call_later(IDLE_S, self._close_unfinished, cycle)

    def _close_unfinished(self, cycle: RequestResponseCycle) -> None:
        if self.cycle is cycle and self.conn.their_state is h11.SEND_BODY:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """A client is gone."""
        self._stop_waiting()
        if self._end_due is not None:
            self._end_due.cancel()
        super().connection_lost(exc)

    def _close_silent(self) -> None:
        if self.cycle is None:
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None


def serve(
    app: FastAPI,
    config: WebConfig,
    sockets: WebSockets = "none",
    names: WebSettingNames = CONFIGURATION_KEYS,
) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        app: What is served.
        config: Where.
        sockets: What speaks WebSocket, where the application does.
        names: What sentences call the settings.

    Raises:
        ConfigError: The address or the certificate cannot be used.
    """
    allow_many_connections()
    _check_certificate(config, names)
    with open_listener(config, names) as listener:
        uvicorn.Server(settings_for(app, config, sockets)).run(sockets=[listener])


def _check_certificate(config: WebConfig, names: WebSettingNames) -> None:
    """Refuses what uvicorn would end on, and a key whose password it would ask for at a terminal."""
    if not config.cert_file:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.cert_file, config.key_file, password=lambda: "")
    except OSError as error:
        reason = "they are no PEM files that belong together, or the key needs a password"
        if not isinstance(error, ssl.SSLError):
            reason = error.strerror or str(error)
        raise ConfigError(
            f"{names.cert}: {config.cert_file} and its key {config.key_file} cannot be used: {reason}"
        ) from None


def open_listener(config: WebConfig, names: WebSettingNames = CONFIGURATION_KEYS) -> socket.socket:
    """Listens at the configured address.

    Raises:
        ConfigError: It cannot be used.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        listener = socket.create_server((config.host, config.port), family=family, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no name of a host"
        raise ConfigError(
            f"{names.port}: {config.host} port {config.port} cannot be used: {reason}; "
            "choose another, or end what uses it"
        ) from None
    # Inherited by its connections. asyncio leaves it out where a socket does not name its protocol, and the
    # end of an answer would wait 40 ms for the client's acknowledgement of its beginning.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def settings_for(app: FastAPI, config: WebConfig, sockets: WebSockets = "none") -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        app,
        host=config.host,
        port=config.port,
        http=PromptProtocol,
        # Python's own, on every install: uvicorn would take uvloop where that happens to be.
        loop="asyncio",
        ws=sockets,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Whoever is in front may say what it likes; the address of the connection counts.
        proxy_headers=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=config.cert_file or None,
        ssl_keyfile=config.key_file or None,
    )


def allow_many_connections() -> None:
    """Raises the number of files that may be open to what this user is allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
