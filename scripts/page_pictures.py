"""Makes the pictures of the pages that the documents show: `python scripts/page_pictures.py`.

A device of its own plays the built-in clip for a minute; Chromium from Debian draws the page. There is
nobody's face in a picture: the pages show none.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

PICTURES = Path(__file__).parent.parent / "docs" / "images"
SECONDS = 60
SIZE = {"width": 1100, "height": 1000}


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def await_server(url: str) -> None:
    """Waits until the server answers."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/api/health/live", timeout=10):  # noqa: S310 - loopback
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


def draw(url: str) -> None:
    """Opens the page and draws it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light", locale="en-GB")
        page.goto(url)
        page.wait_for_selector("#connection.on")
        time.sleep(SECONDS)
        expect(page.locator("#device")).to_contain_text(" ms")
        page.screenshot(path=PICTURES / "status-page.png")
        browser.close()


def main() -> None:
    """Serves the demo, and draws its page."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "edge", "web", "--demo", "--port", str(port)])  # noqa: S603
    try:
        await_server(f"http://127.0.0.1:{port}")
        draw(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
    print(f"{PICTURES} is up to date")


if __name__ == "__main__":
    main()
