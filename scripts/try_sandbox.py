"""What a sandbox lets a process do, found out by trying; for the units in `systemd/`.

Run it in the place of a service, as `systemd/README.md` shows. It needs nothing but Python.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

BROKER = ("127.0.0.1", 1883)


def attempt(what: str, work: Callable[[], object]) -> None:
    """Does something, and prints what came of it."""
    try:
        print(f"{what}: allowed ({work()})")
    except OSError as error:
        print(f"{what}: refused ({error.strerror})")


def connect() -> str:
    """Reaches for a broker on this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as link:
        link.settimeout(5)
        link.connect(BROKER)
    return "connected"


def open_socket(family: int, kind: int = socket.SOCK_STREAM) -> str:
    """Makes a socket of an address family."""
    socket.socket(family, kind).close()
    return "made"


def main() -> None:
    """Tries all of it."""
    print(f"user {os.getuid()}")
    attempt("a socket of AF_INET", lambda: open_socket(socket.AF_INET))
    attempt("a socket of AF_INET6", lambda: open_socket(socket.AF_INET6))
    attempt("a socket of AF_NETLINK", lambda: open_socket(socket.AF_NETLINK, socket.SOCK_RAW))
    attempt("a connection to a broker", connect)
    attempt("the camera /dev/video0", lambda: os.open("/dev/video0", os.O_RDWR))
    attempt("the pins /dev/gpiochip0", lambda: os.open("/dev/gpiochip0", os.O_RDWR))
    attempt("the files of the spool", lambda: os.listdir("/var/lib/maskgate"))
    attempt("the socket between the halves", lambda: os.listdir("/run/maskgate"))


if __name__ == "__main__":
    main()
