"""A real PostgreSQL on loopback, with a database cluster of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tests.support.mosquitto import free_port

READY_S = 30.0


def find_programs() -> Path | None:
    """The directory with `initdb` and `postgres`; Debian keeps it out of PATH."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return places[-1] if places and (places[-1] / "postgres").exists() else None


def owner() -> str | None:
    """Whom to run as: PostgreSQL refuses root. None where this user will do."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Postgres:
    """One server; may be stopped and started again on the same port."""

    def __init__(self, programs: Path) -> None:
        self.port = free_port()
        self._programs = programs
        self._user = owner()
        # Another user must be able to reach it, which a test's own directory does not allow.
        self._directory = Path(tempfile.mkdtemp(prefix="maskgate-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            shutil.chown(self._directory, self._user)
        command = [programs / "initdb", "-D", self._directory / "data", "-U", "team", "-A", "trust", "-N"]
        subprocess.run([*command, "-E", "UTF8"], user=self._user, check=True, capture_output=True, cwd="/")

    def url(self, name: str = "postgres") -> str:
        return f"postgresql+psycopg://team@127.0.0.1:{self.port}/{name}"

    def make(self, name: str) -> str:
        """Makes a database and gives its URL."""
        command = [self._programs / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "team", name]
        subprocess.run(command, check=True, capture_output=True, cwd="/")
        return self.url(name)

    def start(self) -> Self:
        """Starts the server and waits until it listens."""
        command = [self._programs / "postgres", "-D", self._directory / "data", "-p", str(self.port)]
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *options], user=self._user, stdout=log, stderr=log, cwd="/"
            )
        deadline = time.monotonic() + READY_S
        ready = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False, cwd="/").returncode != 0:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._directory / 'log').read_text()}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """Ends the server at once; its sessions are cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(READY_S)
            self._process = None

    def remove(self) -> None:
        """Stops it and deletes its files."""
        self.stop()
        shutil.rmtree(self._directory)
