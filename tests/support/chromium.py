"""Debian's Chromium, without a screen and without a word to anybody elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A test picture in the place of a webcam.
    "--use-fake-device-for-media-stream",
]


def find_chromium() -> str | None:
    """The program; None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip("chromium is not installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield opened
        opened.close()


@dataclass
class Watched:
    """A page, and everything that it complained of or asked of others."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def watch(self, url: str) -> None:
        page = self.page
        page.on("console", lambda message: self._note(message.text, message.type in ("error", "warning")))
        page.on("pageerror", lambda error: self._note(str(error), True))
        page.on(
            "request", lambda request: self._note(request.url, not request.url.startswith((url, "data:")))
        )

    def _note(self, text: str, bad: bool) -> None:
        if bad:
            self.complaints.append(text)


def opened(browser: Browser, url: str, **options: object) -> Watched:
    watched = Watched(browser.new_page(**options))  # type: ignore[arg-type]
    watched.watch(url)
    watched.page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    return watched
