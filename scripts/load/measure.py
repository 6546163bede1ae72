"""Puts load on `maskgate web` and prints a table: `python scripts/load/measure.py LOCUST [SECONDS] [PER_S]`.

LOCUST is the program from an environment of `requirements/load.txt`. PER_S is what the paced users ask for
together, in a second. Before and after each profile as many threads as the server has make the bare calls
that a request needs, decoding and both models: on a machine that does other work at the same time, the ratios
to them are more reliable than requests a second. Linux only.
"""

from __future__ import annotations

import csv
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edge.config import Config
from edge.daemon.factory import open_bundle, open_vision
from edge.demo import CLIP
from edge.system.image_files import decode_image
from edge.types import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.pipeline.pipeline import Vision

PER_S = 110.0
"""What the paced users ask for together in a second, unless said."""
WITH_A_FACE = 40
"""A frame of the demo's clip, 640x480."""
BARE_S = 5.0
TICKS_S = os.sysconf("SC_CLK_TCK")
LOCUST_FILE = Path(__file__).with_name("locustfile.py")


@dataclass(frozen=True, slots=True)
class Speed:
    """Calls or requests a second, and the milliseconds of a processor that each of them took."""

    per_s: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Profile:
    """So many users; `paced`: each waits between two pictures, else it asks as soon as it has an answer."""

    users: int
    paced: bool = False


PROFILES = (Profile(10), Profile(100, paced=True), Profile(100))


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of a processor: of the server, of its thread that does no judging, and of Locust."""

    server_ms: float
    http_ms: float
    locust_ms: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What the clients saw: requests a second, latencies, the share that failed; what each request took."""

    per_s: float
    mean_ms: float
    p95_ms: float
    failed: float
    each: Spent


def picture() -> bytes:
    """A JPEG of 640x480 with one face."""
    capture = cv2.VideoCapture(str(CLIP))
    for _ in range(WITH_A_FACE):
        capture.grab()
    _, pixels = capture.retrieve()
    capture.release()
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def bare(visions: list[Vision], data: bytes) -> Speed:
    """The same work without a server, by as many threads."""
    began, cpu = time.perf_counter(), time.process_time()

    def work(vision: Vision) -> int:
        calls = 0
        while time.perf_counter() - began < BARE_S:
            vision.analyze(Frame(0, decode_image(data, "the picture"), 0.0, 0.0))
            calls += 1
        return calls

    with ThreadPoolExecutor() as pool:
        calls = sum(pool.map(work, visions))
    return Speed(calls / (time.perf_counter() - began), (time.process_time() - cpu) / calls * 1000)


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def answers_at(port: int) -> bool:
    """Whether the server is ready, so that nothing of its start counts."""
    try:
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/api/health/live")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, int]]:
    """`maskgate web` without a device; gives its address and process."""
    port = free_port()
    file = folder / "config.toml"
    file.write_text(
        f'[mqtt]\nenabled = false\n[spool]\npath = "{folder}/spool.db"\n[log]\nlevel = "error"\n'
        f"[web]\nport = {port}\nrequests_per_s = 100000\n"
    )
    process = subprocess.Popen([sys.executable, "-m", "edge", "web", "--config", str(file)])  # noqa: S603
    try:
        while process.poll() is None and not answers_at(port):
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def processor_ms(process: int) -> Spent:
    """What a process has taken so far; its first thread is the one that reads and writes."""
    whole, first = (_taken_ms(Path(f"/proc/{process}{part}/stat")) for part in ("", f"/task/{process}"))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(whole, first, 1000 * (usage.ru_utime + usage.ru_stime))


def _taken_ms(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S * 1000


def load(locust: str, users: int, per_s: float, seconds: int, folder: Path) -> Answers:
    """Has so many users ask a server of its own, each so often; 0 for as often as it can."""
    (folder / "face.jpg").write_bytes(picture())
    with server(folder) as (url, process):
        before = processor_ms(process)
        command = [locust, "-f", str(LOCUST_FILE), "--headless", "--only-summary", "--host", url]
        command += ["-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--csv", str(folder / "load")]
        environment = {**os.environ, "PICTURE": str(folder / "face.jpg"), "PER_S": str(per_s)}
        with (folder / "locust.log").open("w") as log:
            # It ends with 1 where a request failed, which is a figure of the table.
            subprocess.run(command, env=environment, stdout=log, stderr=log, check=False)  # noqa: S603
        return answers(folder, before, processor_ms(process))


def answers(folder: Path, before: Spent, after: Spent) -> Answers:
    """What Locust wrote down, and what was spent from before to after it."""
    with (folder / "load_stats.csv").open() as file:
        row = next(row for row in csv.DictReader(file) if row["Name"] == "/api/predict")
    requests = int(row["Request Count"])
    each = Spent(
        *((late - early) / requests for early, late in zip(astuple(before), astuple(after), strict=True))
    )
    latencies = float(row["Average Response Time"]), float(row["95%"])
    return Answers(float(row["Requests/s"]), *latencies, int(row["Failure Count"]) / requests, each)


def measure(profile: Profile, locust: str, seconds: int, per_s: float) -> str:
    """A row of the table."""
    config = Config()
    visions = [open_vision(config, open_bundle(config)) for _ in range(config.web.threads)]
    data = picture()
    first = bare(visions, data)
    each = per_s / profile.users if profile.paced else 0.0
    with tempfile.TemporaryDirectory() as folder:
        found = load(locust, profile.users, each, seconds, Path(folder))
    second = bare(visions, data)
    calls, call_ms = (first.per_s + second.per_s) / 2, (first.cpu_ms + second.cpu_ms) / 2
    each = found.each
    cells = (
        f"{profile.users}{f', paced: {per_s:.0f}/s' if profile.paced else ''}",
        f"{found.per_s:.0f}",
        f"{found.mean_ms:.0f} ms",
        f"{found.p95_ms:.0f} ms",
        f"{found.failed:.1%}",
        f"{calls:.0f}",
        f"{each.server_ms:.1f} / {call_ms:.1f} ms = {each.server_ms / call_ms:.2f}",
        f"{each.http_ms:.1f} ms",
        f"{each.locust_ms:.1f} ms",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Prints a row for each profile."""
    locust, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 60
    per_s = float(sys.argv[3]) if len(sys.argv) > 3 else PER_S
    print(
        "| users | requests/s | mean | p95 | failed | bare calls/s | request / bare | of it HTTP | Locust |"
    )
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for profile in PROFILES:
        print(measure(profile, locust, seconds, per_s), flush=True)


if __name__ == "__main__":
    main()
