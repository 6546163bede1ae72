"""The application of `maskgate web`, served as it is: a real server on a free port of loopback."""

from __future__ import annotations

import resource
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from edge.config import Config, SpoolConfig, WebConfig
from edge.web.app import make_app, make_services
from edge.web.server import PromptServer, settings_for

TOKEN = "a-token-of-the-tests"
WAIT_S = 60.0
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its address, and a client of it."""

    url: str
    client: httpx.Client


def web_config(directory: Path, **web: object) -> Config:
    """A configuration whose spool lies in a directory, and need not be there."""
    return Config(
        spool=SpoolConfig(path=str(directory / "spool.db")),
        web=WebConfig.model_validate({"requests_per_s": 100_000, **web}),
    )


@contextmanager
def served(config: Config, authority: Path | None = None) -> Iterator[Served]:
    """Serves an application until the end of the block; `authority`: whose certificates its client trusts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "https" if config.web.cert_file else "http"
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        services = make_services(config, {})
        app = make_app(config.web, services)
        server = PromptServer(settings_for(app, config.web), services.monitor.close)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            trusted = ssl.create_default_context(cafile=authority)
            with httpx.Client(base_url=url, timeout=WAIT_S, trust_env=False, verify=trusted) as client:
                yield Served(url, client)
        finally:
            server.should_exit = True
            thread.join()


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def token_file(directory: Path) -> str:
    """A file with the token of the tests."""
    file = directory / "token"
    file.write_text(TOKEN + "\n")
    return str(file)
