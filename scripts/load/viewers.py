"""What viewers of the page cost the device; prints a table.

    python scripts/load/viewers.py [SECONDS] [ROUNDS]

A daemon judges the built-in clip at its own pace, with a week of minutes in its spool, and tells how long
each frame took. By turns, `SECONDS` each: nobody looks, and `maskgate web` stands still; five pages are open,
and somebody scrapes `/metrics` once a second; the same, and the live view is on. Viewers ask as the page
does, and are on this machine, too, with the priority that maskgate-web.service gives to pages. Linux only.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import queues
from pathlib import Path

import httpx
import numpy as np
from measure import answers_at, free_port

from edge.config import Config, load
from edge.daemon.all_in_one import all_in_one
from edge.demo import CLIP
from edge.pipeline.pipeline import Cycle, Pipeline
from edge.spool import Spool
from edge.spool.records import limits_of
from edge.telemetry.records import DAY_S, MINUTE_S, Minute, VerdictCounts, minute_of
from edge.types import Blind, DeviceKey, Frame

YIELDING = 7
"""A fifth of the weight of what does not yield, as `CPUWeight=` of maskgate-web.service."""
VIEWERS = 5
SETTLE_S = 2.0
"""After a turn has begun, before frames count."""
ASK_S = 0.4
"""Between two pictures of the live view, as the page asks for them."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What goes on beside the daemon."""

    name: str
    viewers: int
    live: bool = False


TURNS = (
    Turn("nobody", 0),
    Turn(f"{VIEWERS} viewers, a scrape a second", VIEWERS),
    Turn("the same, and the live view", VIEWERS, live=True),
)


@dataclass(frozen=True, slots=True)
class FrameTime:
    """Milliseconds for one frame, and how many of them its thread waited for a processor."""

    took: float
    waited: float


Told = queues.Queue


def waited_ms() -> float:
    """For how long this thread has waited for a processor so far. Source: proc(5), schedstat."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e6


def run_device(file: Path, told: Told) -> None:
    """The daemon, until SIGTERM; it tells of each frame in which faces were looked for."""
    # What nobody reads any more must not keep it from ending.
    told.cancel_join_thread()
    cycle = Pipeline._cycle

    def timed(pipeline: Pipeline, moment: Frame | Blind) -> Cycle:
        before = waited_ms()
        found = cycle(pipeline, moment)
        if found.analysis is not None:
            told.put(FrameTime(1000 * found.total_s, waited_ms() - before))
        return found

    Pipeline._cycle = timed
    daemon = all_in_one(load(file))
    signal.signal(signal.SIGTERM, lambda *_: daemon.stop())
    daemon.run()


def configure(folder: Path, port: int) -> Path:
    """Writes a configuration; every frame is looked at, so that each one is worth a figure."""
    file = folder / "config.toml"
    file.write_text(
        f'[camera]\nsource = "{CLIP}"\nrepeat = true\n[detector]\nadaptive = false\n[lamp]\nkind = "none"\n'
        f'[mqtt]\nenabled = false\n[spool]\npath = "{folder}/spool.db"\n[log]\nlevel = "error"\n'
        f"[web]\nport = {port}\nrequests_per_s = 100000\n"
    )
    return file


def fill(config: Config) -> None:
    """A week of minutes, as a device has them that has been there for long."""
    now = minute_of(time.time())
    origin = DeviceKey(config.device.site, config.device.name)
    with closing(Spool.open(Path(config.spool.path), limits_of(config.spool), origin=origin)) as spool:
        for start in range(now - 7 * DAY_S, now, MINUTE_S):
            spool.add_minute(Minute(start, VerdictCounts(1, 1), 900, 60.0))
        spool.flush()


@contextmanager
def device(file: Path) -> Iterator[Told]:
    """A daemon at work; gives what it tells."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=run_device, args=(file, told))
    process.start()
    try:
        yield told
    finally:
        process.terminate()
        process.join()


@contextmanager
def pages(file: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`maskgate web` beside it. It and all that comes later in this process yield to the daemon."""
    os.nice(YIELDING)
    process = subprocess.Popen([sys.executable, "-m", "edge", "web", "--config", str(file)])  # noqa: S603
    try:
        while process.poll() is None and not answers_at(port):
            time.sleep(0.2)
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait()


def look(url: str, stopping: threading.Event) -> None:
    """A page that is open: its files, the last passes, the counts, and then what changes."""
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        for path in ("/", "/static/status.js", "/static/style.css", "/api/events?newest=true&limit=20"):
            client.get(path)
        client.get("/api/summary?hours=167")
        with client.stream("GET", "/api/events/stream") as answer:
            for line in answer.iter_lines():
                if stopping.is_set():
                    return
                if line.startswith("event: event"):
                    client.get("/api/summary?hours=167")


def every(seconds: float, path: str, url: str, stopping: threading.Event) -> None:
    """Asks for something again and again."""
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        while not stopping.wait(seconds):
            client.get(path)


@contextmanager
def watched(turn: Turn, url: str, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Viewers, a scrape a second, and the live view; or pages that stand still."""
    if not turn.viewers:
        process.send_signal(signal.SIGSTOP)
        yield
        process.send_signal(signal.SIGCONT)
        return
    stopping = threading.Event()
    work: list[tuple[Callable[..., None], tuple[object, ...]]] = [(every, (1.0, "/metrics"))]
    work += [(look, ())] * turn.viewers
    if turn.live:
        httpx.post(f"{url}/api/view", timeout=30, trust_env=False).raise_for_status()
        work += [(every, (ASK_S, "/api/view"))] * turn.viewers
    threads = [
        threading.Thread(target=target, args=(*given, url, stopping), daemon=True) for target, given in work
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
        httpx.delete(f"{url}/api/view", timeout=30, trust_env=False)


def drain(told: Told) -> list[FrameTime]:
    """What was told by now."""
    return [told.get() for _ in range(told.qsize())]


def measure(seconds: float, rounds: int) -> dict[Turn, list[FrameTime]]:
    """All frames of each turn."""
    found: dict[Turn, list[FrameTime]] = {turn: [] for turn in TURNS}
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        file, url = configure(Path(folder), port), f"http://127.0.0.1:{port}"
        fill(load(file))
        with device(file) as told, pages(file, port) as process:
            told.get(timeout=120)
            for _ in range(rounds):
                for turn in TURNS:
                    with watched(turn, url, process):
                        time.sleep(SETTLE_S)
                        drain(told)
                        time.sleep(seconds)
                        found[turn] += drain(told)
    return found


def p99(frames: list[FrameTime], *, without_waiting: bool = False) -> float:
    """Of the time for a frame, or of what is left of it without waiting for a processor."""
    return float(np.percentile([one.took - one.waited * without_waiting for one in frames], 99))


def main() -> None:
    """Prints a row for each turn."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 21.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    found = measure(seconds, rounds)
    alone = found[TURNS[0]]
    print(f"{os.cpu_count()} processors, {rounds} rounds of {seconds:g} s each")
    print(
        "| beside the daemon | frames | p50 | p95 | p99 | more | p99 without waiting for a processor | more |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for turn, frames in found.items():
        p50, p95 = (float(np.percentile([one.took for one in frames], share)) for share in (50, 95))
        whole, own = p99(frames), p99(frames, without_waiting=True)
        print(
            f"| {turn.name} | {len(frames)} | {p50:.1f} ms | {p95:.1f} ms | {whole:.1f} ms "
            f"| {whole / p99(alone) - 1:+.0%} | {own:.1f} ms "
            f"| {own / p99(alone, without_waiting=True) - 1:+.0%} |"
        )


if __name__ == "__main__":
    main()
