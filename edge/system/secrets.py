"""Passwords that stand in no configuration: the first line of a file, or a credential of the service.

Source: systemd.exec(5), LoadCredential.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from edge.errors import ConfigError

CREDENTIAL_STORES = ("/etc/credstore", "/run/credstore", "/usr/lib/credstore")
"""Where systemd looks for a credential when it starts a service."""

_CREDENTIALS = "CREDENTIALS_DIRECTORY"


def first_line(file: Path) -> str:
    """The password in a file.

    Raises:
        ConfigError: The file cannot be read, or its first line is empty.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{file} cannot be read: {reason}") from None
    if not lines or not lines[0]:
        raise ConfigError(f"{file} has no password in its first line")
    return lines[0]


def find_credential(name: str, environment: Mapping[str, str]) -> Path | None:
    """The file with a credential that systemd has brought; None where there is none."""
    file = Path(environment.get(_CREDENTIALS, ""), name)
    return file if _CREDENTIALS in environment and os.path.exists(file) else None


def as_service(name: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """An environment in which a credential is found that systemd will bring, for a look before the start."""
    for store in CREDENTIAL_STORES:
        # Path's own `exists` fails where this user may not look.
        if _CREDENTIALS not in environment and os.path.exists(Path(store, name)):
            return {**environment, _CREDENTIALS: store}
    return environment
