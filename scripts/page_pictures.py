"""Makes the pictures that the documents show: `python scripts/page_pictures.py [NAME...]`, all unless named.

Each is of the program at work: a device of its own plays the built-in clip; Chromium from Debian draws a
page, rich the terminal. There is nobody's face in a picture.
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

from playwright.sync_api import Page, expect, sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "images"
SECONDS = 60
SIZE = {"width": 1100, "height": 1000}
COLUMNS, LINES = 80, 24
LIT = "●"
"""A lamp of the demo that is lit."""


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


PAINTED: dict[str, Callable[[Path], None]] = {"status-page.png": status_page, "demo.svg": demo_screen}


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
