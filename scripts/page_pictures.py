"""Makes the pictures that the documents show: `python scripts/page_pictures.py [NAME...]`, all unless named.

Each is of the program at work: a device of its own plays the built-in clip, and the workbench shows the
example that it makes. Chromium from Debian draws a page, rich the terminal. The only people are those of
the clip, eyes pixelated.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
from playwright.sync_api import Page, expect, sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from edge.demo import CLIP
from training.workbench.example import ExampleSite, steps

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "images"
SECONDS = 60
SIZE = {"width": 1100, "height": 1000}
COLUMNS, LINES = 80, 24
LIT = "●"
"""A lamp of the demo that is lit."""
TRIED_MS = 10_500
"""Of the clip: somebody with the mask under the nose."""


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def await_server(url: str) -> None:
    """Waits until the server answers."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - loopback
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


@contextmanager
def opened(url: str) -> Iterator[Page]:
    """A page in Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light", locale="en-GB")
        page.goto(url)
        yield page
        browser.close()


def status_page(target: Path) -> None:
    """The status page after a minute of the clip."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen([sys.executable, "-m", "edge", "web", "--demo", "--port", str(port)])  # noqa: S603
    try:
        await_server(f"{url}/api/health/live")
        with opened(url) as page:
            page.wait_for_selector("#connection.on")
            time.sleep(SECONDS)
            expect(page.locator("#device")).to_contain_text(" ms")
            page.screenshot(path=target)
    finally:
        process.terminate()
        process.wait()


def demo_screen(target: Path) -> None:
    """The terminal while `maskgate demo` shows the last person, with the lamp lit."""
    with tempfile.TemporaryDirectory() as folder:
        said = in_terminal([sys.executable, "-m", "edge", "demo", "--annotate", "demo.mp4"], Path(folder))
    # What is drawn over and over begins with the cursor going back up.
    head, *frames = re.split(r"(?:\r?\x1b\[1A\x1b\[2K)+", said.replace("\r\n", "\n"))
    title, _, first = head.partition("\n\n")
    lit = [frame for frame in (first, *frames) if LIT in frame]
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(f"$ maskgate demo\n{title}\n\n{lit[-1]}"))
    # The terminal's font is the reader's own: nothing is loaded from elsewhere.
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    picture = console.export_svg(title="maskgate demo", theme=MONOKAI, code_format=form, unique_id="demo")
    target.write_text(picture, encoding="utf-8")


def in_terminal(command: Sequence[str], folder: Path) -> str:
    """What a program writes to a terminal of 80 x 24 whose working directory is a folder."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    settings = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=folder, env=settings, stdout=theirs, stderr=theirs)  # noqa: S603
    os.close(theirs)
    said = b""
    # Linux ends what a terminal says with an error, once nobody has its other side open.
    with suppress(OSError):
        while part := os.read(ours, 65536):
            said += part
    os.close(ours)
    if process.wait():
        raise SystemExit(said.decode())
    return said.decode()


def example() -> Path:
    """The folder of the workbench with its example, made once."""
    folder = ROOT / "build" / "workbench"
    site = ExampleSite(folder / "example")
    site.folder.mkdir(parents=True, exist_ok=True)
    for step in steps(site):
        print(step.title)
        step.run()
    return folder


def report_page(target: Path) -> None:
    """The first screen of the report on the larger network of the example, and what more data is worth."""
    site = ExampleSite(example() / "example")
    curve, report = site.folder / "curve", site.folder / "report"
    sizes = ("--folds", "2", "--sizes", "25,50,all", "-o", curve)
    train("learning-curve", "--split", site.split, "--recipe", site.folder / "small.toml", *sizes)
    (run,) = site.runs.glob("*-larger")
    shown = ("--no-faces", "--learning-curve", curve, "--title", "Drawn faces", "-o", report)
    train("report", run, site.split, *shown)
    with opened((report / "report.html").as_uri()) as page:
        page.screenshot(path=target)


def train(*words: object) -> None:
    """Runs `maskgate-train` in a process of its own."""
    program = "from training.commands import main; main()"
    subprocess.run([sys.executable, "-c", program, *map(str, words)], cwd=ROOT, check=True)  # noqa: S603


def workbench_page(target: Path) -> None:
    """A picture that is tried in the workbench: a second of the clip."""
    folder, port = example(), free_port()
    picture = folder / "door.png"
    clip = cv2.VideoCapture(str(CLIP))
    clip.set(cv2.CAP_PROP_POS_MSEC, TRIED_MS)
    cv2.imwrite(str(picture), clip.read()[1])
    program = "from training.commands import main; main()"
    words = ("workbench", "--example", "--folder", str(folder), "--port", str(port))
    process = subprocess.Popen([sys.executable, "-c", program, *words], cwd=ROOT)  # noqa: S603
    try:
        await_server(f"http://127.0.0.1:{port}/")
        with opened(f"http://127.0.0.1:{port}/") as page:
            page.set_input_files("#files", picture)
            page.wait_for_selector("article h4", timeout=SECONDS * 1000)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=target)
    finally:
        process.terminate()
        process.wait()


PAINTED: dict[str, Callable[[Path], None]] = {
    "status-page.png": status_page,
    "demo.svg": demo_screen,
    "report.png": report_page,
    "workbench.png": workbench_page,
}


def main() -> None:
    """Makes those that are named, or all."""
    wanted = sys.argv[1:] or list(PAINTED)
    if unknown := [name for name in wanted if name not in PAINTED]:
        raise SystemExit(f"there is no picture {unknown[0]}; there are {', '.join(PAINTED)}")
    for name in wanted:
        PAINTED[name](PICTURES / name)
        print(f"docs/images/{name} is up to date")


if __name__ == "__main__":
    main()
