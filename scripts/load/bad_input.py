"""What bad input costs the device and the server; prints a table.

    python scripts/load/bad_input.py [SECONDS]

A daemon judges the built-in clip at its own pace, every frame of it, and `maskgate web` is beside it. Each
kind of bad input is sent again and again for `SECONDS`, at least once; as long before it nothing is sent.
Shown are the answer, how many frames a second the daemon judged before it and with it, and how much more
memory the server holds after it. Linux only.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPResponse, RemoteDisconnected
from io import BytesIO
from pathlib import Path
from select import select

import httpx
from measure import free_port, picture
from PIL import Image
from viewers import Told, configure, device, drain, pages

from edge.web.server import allow_many_connections

MIB = 1 << 20
GIGABYTE = 1 << 30
CONNECTIONS = 2_000
WRONG_TOKENS = 1_000
TIMEOUT_S = 120.0
FORM = "Content-Type: multipart/form-data; boundary=x"
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
NONE_SENT = "closed without an answer"


@dataclass(frozen=True, slots=True)
class Server:
    """`maskgate web`: a client of it that has given the token, its port, and its process."""

    client: httpx.Client
    port: int
    pid: int

    @property
    def resident_mib(self) -> float:
        """What it holds in memory."""
        pages_held = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages_held * os.sysconf("SC_PAGESIZE") / MIB

    def connect(self) -> socket.socket:
        """A connection without a request."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)


def said(answer: httpx.Response) -> str:
    """Status and sentence of a refusal."""
    kind = answer.headers.get("content-type", "")
    sentence = answer.json()["detail"] if kind == "application/problem+json" else "no sentence"
    return f"{answer.status_code}: {sentence}"


def upload(name: str, data: bytes) -> Callable[[Server], str]:
    """One file of a form."""
    return lambda server: said(server.client.post("/api/predict", files={"file": (name, data)}))


def head(server: Server, length: str) -> bytes:
    """The headers of a form, with what says how long it is."""
    cookie = "; ".join(f"{name}={value}" for name, value in server.client.cookies.items())
    lines = ("POST /api/predict HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", FORM, length, "", "")
    return "\r\n".join(lines).encode()


def read_answer(peer: socket.socket) -> str:
    """What a server says on a bare connection."""
    answer = HTTPResponse(peer)
    try:
        answer.begin()
    except RemoteDisconnected:
        return NONE_SENT
    return said(httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read()))


def announced(server: Server) -> str:
    """A form of a gigabyte that says so."""
    with server.connect() as peer:
        peer.sendall(head(server, f"Content-Length: {GIGABYTE}"))
        return read_answer(peer)


def endless(server: Server) -> str:
    """A form of a gigabyte that does not say how long it is, until there is an answer."""
    with server.connect() as peer:
        peer.sendall(head(server, "Transfer-Encoding: chunked") + chunk(FILE))
        for _ in range(GIGABYTE // MIB):
            if select([peer], [], [], 0)[0]:
                break
            peer.sendall(chunk(bytes(MIB)))
        return read_answer(peer)


def chunk(data: bytes) -> bytes:
    """A piece of a body that does not say how long it is."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def slow(server: Server) -> str:
    """A form that comes by a byte a second."""
    with server.connect() as peer:
        peer.sendall(head(server, "Content-Length: 5000"))
        for number in FILE + bytes(1000):
            if select([peer], [], [], 1.0)[0]:
                break
            peer.sendall(bytes([number]))
        return read_answer(peer)


def half_open(server: Server) -> str:
    """Connections that send nothing, or half of their headers; a page is answered meanwhile."""
    with ExitStack() as stack:
        peers = [stack.enter_context(server.connect()) for _ in range(CONNECTIONS)]
        for peer in peers[::2]:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: ")
        server.client.get("/").raise_for_status()
        (answer,) = {read_answer(peer) for peer in peers}
        return answer


def wrong_tokens(server: Server) -> str:
    """A guess after the other, over one connection."""
    with httpx.Client(base_url=server.client.base_url, timeout=TIMEOUT_S, trust_env=False) as client:
        answers = [
            client.get("/api/stats", headers={"Authorization": f"Bearer {number}"})
            for number in range(WRONG_TOKENS)
        ]
    refused = sum(answer.status_code == httpx.codes.UNAUTHORIZED for answer in answers)
    return f"401 {refused} times, then {said(answers[-1])}"


def climbing(server: Server) -> str:
    """A path that leads out of the folder of the page's files; sent as it is, a client would resolve it."""
    with server.connect() as peer:
        peer.sendall(b"GET /static/../app.py HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return read_answer(peer)


def animated_webp() -> bytes:
    """Two frames."""
    file = BytesIO()
    first, second = (Image.new("RGB", (640, 480), colour) for colour in ("red", "blue"))
    first.save(file, "WEBP", save_all=True, append_images=[second])
    return file.getvalue()


def png_header(side: int) -> bytes:
    """The beginning of a PNG that would take gigabytes."""
    size = side.to_bytes(4, "big") * 2
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + b"\x08\x02\0\0\0" + bytes(64)


def inputs() -> dict[str, Callable[[Server], str]]:
    """Each kind, by its name."""
    photo = picture()
    return {
        "1 GiB that is announced": announced,
        "1 GiB that is not": endless,
        "a zip named .jpg": upload("a.jpg", b"PK\3\4" + bytes(MIB)),
        "a PNG header of 50,000 x 50,000": upload("a.png", png_header(50_000)),
        "an animated WebP": upload("a.webp", animated_webp()),
        "half a JPEG": upload("a.jpg", photo[: len(photo) // 2]),
        "a path with `..`": climbing,
        "a body of a byte a second": slow,
        f"{CONNECTIONS:,} half-open connections": half_open,
        f"{WRONG_TOKENS:,} wrong tokens": wrong_tokens,
    }


@dataclass(frozen=True, slots=True)
class Turn:
    """What some seconds gave: how often something was sent, the last answer, and frames a second."""

    times: int
    answer: str
    frames_per_s: float


def turn(told: Told, seconds: float, send: Callable[[], str] | None) -> Turn:
    """Sends something again and again, or waits."""
    drain(told)
    began, times, answer = time.monotonic(), 0, ""
    while time.monotonic() - began < seconds:
        if send is None:
            time.sleep(seconds)
        else:
            answer, times = send(), times + 1
    return Turn(times, answer, len(drain(told)) / (time.monotonic() - began))


def warm_up(server: Server) -> None:
    """Has the server load and keep what it keeps anyway."""
    for _ in range(20):
        server.client.post("/api/predict", files={"file": ("a.jpg", picture())}).raise_for_status()
    for _ in range(3):
        endless(server)


def measure(server: Server, told: Told, seconds: float) -> None:
    """Prints a row for each kind."""
    warm_up(server)
    before = server.resident_mib
    for name, send in inputs().items():
        quiet, bad = turn(told, seconds, None), turn(told, seconds, lambda send=send: send(server))
        print(
            f"| {name} | {bad.times} | {bad.answer} | {quiet.frames_per_s:.2f} | {bad.frames_per_s:.2f} "
            f"| {bad.frames_per_s / quiet.frames_per_s:.3f} | {server.resident_mib - before:+.1f} MiB |",
            flush=True,
        )


def main() -> None:
    """Prints the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 21.0
    allow_many_connections()
    with tempfile.TemporaryDirectory() as folder:
        port, token = free_port(), secrets.token_urlsafe()
        file, token_file = configure(Path(folder), port), Path(folder, "token")
        token_file.write_text(token)
        file.write_text(f'{file.read_text()}token_file = "{token_file}"\n')
        url = f"http://127.0.0.1:{port}"
        with (
            device(file) as told,
            pages(file, port) as process,
            httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as client,
        ):
            client.post("/login", data={"token": token})
            told.get(timeout=TIMEOUT_S)
            print("| what is sent | times | answer | frames/s before | with it | ratio | memory |")
            print("|---|--:|---|--:|--:|--:|--:|")
            measure(Server(client, port, process.pid), told, seconds)


if __name__ == "__main__":
    main()
