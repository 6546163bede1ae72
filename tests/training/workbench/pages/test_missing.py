"""What is shown at an address that no page has, in a real browser."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.support.chromium import opened
from tests.support.web import Served

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_address_without_a_page(browser: Browser, bench: Served, scheme: str) -> None:
    """Shows the frame of all pages, and from it leads to what there is; axe finds no barrier."""
    page = opened(browser, bench.url, viewport={"width": 360, "height": 700}, color_scheme=scheme).page
    answer = page.goto(f"{bench.url}/nothing?x=<b>")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    assert Axe().run(page).generate_snapshot() == ""
    page.get_by_role("link", name="Try a model").click()
    expect(page).to_have_url(f"{bench.url}/")
    expect(page.get_by_role("heading", name="Try", exact=True)).to_be_visible()
    page.close()


def test_a_missing_file_of_the_pages(bench: Served) -> None:
    """Is no page."""
    answer = bench.client.get(f"/_nicegui/{version('nicegui')}/libraries/nothing.js")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
