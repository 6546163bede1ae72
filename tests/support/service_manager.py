"""A service manager's end of the notification socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ServiceManager:
    """Hears what a daemon tells."""

    def __init__(self, end: socket.socket, address: Path) -> None:
        self._end = end
        self.address = str(address)

    def heard(self) -> list[str]:
        """All that has come and was not heard yet; never waits."""
        self._end.setblocking(False)
        messages = []
        while True:
            try:
                messages.append(self._end.recv(4096).decode())
            except BlockingIOError:
                return messages

    def wait_for(self, words: str, timeout: float = 60.0) -> str:
        """The next message with these words; those before it are passed over."""
        self._end.settimeout(timeout)
        while words not in (message := self._end.recv(4096).decode()):
            pass
        return message


@contextmanager
def service_manager(folder: Path) -> Iterator[ServiceManager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(folder / "notify"))
        yield ServiceManager(end, folder / "notify")
