"""Where the process that sends finds the spool of the one that sees."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edge.config import Config

SOCKET = "uplink.sock"


def link_path(config: Config, environment: Mapping[str, str]) -> Path:
    """The socket: in the services' runtime directory, else beside the spool.

    Args:
        config: What config.toml says.
        environment: Names the runtime directory, where a service manager has made one.
    """
    # systemd.exec(5): several directories are joined with colons.
    runtime = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(runtime, SOCKET) if runtime else Path(f"{config.spool.path}.{SOCKET}")
