"""Serving the application: uvicorn, with an end to connections that send nothing."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import ssl
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Literal

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from edge.config import WebConfig
from edge.errors import ConfigError
from edge.web.auth import CONFIGURATION_KEYS, WebSettingNames
from edge.web.middleware import SECURITY_HEADERS
from edge.web.problems import problem_response

HEADERS_S = 10.0
"""Within which a connection must have sent a request's headers, from its first byte on; a new one, from its
beginning on. As long may the handshake of TLS take."""
IDLE_S = 15
"""For which a connection may do nothing, or go on with a request that is answered already."""
STOP_S = 3
BACKLOG = 2048
WebSockets = Literal["none", "websockets-sansio"]
OnStop = Callable[[], Awaitable[None]]
_log = logging.getLogger(__name__)


class PromptProtocol(H11Protocol):
    """Closes a connection whose next request has not come in time, or whose body has no end.

    So thousands of silent ones cost nothing.
    """

    _headers_due: asyncio.TimerHandle | None = None
    _end_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has connected."""
        super().connection_made(transport)
        self._headers_due = self.loop.call_later(HEADERS_S, self._close_silent)

    def data_received(self, data: bytes) -> None:
        """A client has sent something; whole headers end the wait, a part of the next ones begins another."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._headers_due is None:
            # uvicorn's own clock for what is idle has ended with this.
            self._headers_due = self.loop.call_later(HEADERS_S, self._close_silent)

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
        if self.conn.their_state is h11.IDLE:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as a request gets a problem as every other answer has it."""
        problem = problem_response(
            HTTPStatus.BAD_REQUEST,
            f"{msg} Send HTTP/1.1 with a Host and short headers.",
            {**SECURITY_HEADERS},
        )
        problem.headers["Connection"] = "close"
        answer = h11.Response(
            status_code=problem.status_code, headers=problem.raw_headers, reason=HTTPStatus.BAD_REQUEST.phrase
        )
        for event in (answer, h11.Data(data=bytes(problem.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._headers_due is not None:
            self._headers_due.cancel()
            self._headers_due = None


class PromptLoop(asyncio.SelectorEventLoop):
    """Waits no longer for the handshake of TLS than for headers; a minute is asyncio's own patience."""

    async def create_server(self, *args: Any, **options: Any) -> Any:
        """Listens."""
        if options.get("ssl") is not None:
            options["ssl_handshake_timeout"] = HEADERS_S
        return await super().create_server(*args, **options)


async def _nothing() -> None:
    pass


class PromptServer(uvicorn.Server):
    """Ends answers that would go on for ever before it waits for those that are on their way."""

    def __init__(self, config: uvicorn.Config, on_stop: OnStop = _nothing) -> None:
        """`on_stop`: ends what the application sends without end."""
        super().__init__(config)
        self._on_stop = on_stop

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves until it is told to end."""
        with asyncio.Runner(loop_factory=PromptLoop) as runner:
            runner.run(self.serve(sockets))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no more connections, and waits a while for the last answers."""
        await self._on_stop()
        await super().shutdown(sockets)


def serve(
    app: FastAPI,
    config: WebConfig,
    sockets: WebSockets = "none",
    names: WebSettingNames = CONFIGURATION_KEYS,
    on_stop: OnStop = _nothing,
) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        app: What is served.
        config: Where.
        sockets: What speaks WebSocket, where the application does.
        names: What sentences call the settings.
        on_stop: Ends what the application sends without end.

    Raises:
        ConfigError: The address or the certificate cannot be used.
    """
    allow_many_connections()
    _check_certificate(config, names)
    with open_listener(config, names) as listener:
        PromptServer(settings_for(app, config, sockets), on_stop).run(sockets=[listener])


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
        # But for the proxy that is named, whoever is in front may say what it likes: the address of the
        # connection counts.
        proxy_headers=bool(config.proxy),
        forwarded_allow_ips=config.proxy,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=config.cert_file or None,
        ssl_keyfile=config.key_file or None,
    )


def allow_many_connections() -> None:
    """Raises the number of files that may be open to what this user is allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
