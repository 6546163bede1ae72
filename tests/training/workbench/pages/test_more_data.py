"""The page on what more data is worth, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.support.chromium import opened
from tests.support.web import Served

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_curve_is_shown(browser: Browser, site: Served, scheme: str) -> None:
    """As a chart and a table; at 360 px nothing is cut off, and axe finds no barrier, in either theme."""
    watched = opened(browser, site.url, viewport={"width": 360, "height": 700}, color_scheme=scheme)
    page = watched.page
    page.goto(f"{site.url}/more-data")
    expect(page.get_by_role("heading", name="learning-curve")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("0.700 (0.600-0.800)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).generate_snapshot() == ""
    page.close()
    assert watched.complaints == []


def test_without_data(browser: Browser, bench: Served) -> None:
    """Nothing is measured, and to begin with it is refused with a sentence."""
    page = opened(browser, bench.url).page
    page.goto(f"{bench.url}/more-data")
    expect(page.get_by_text("Nothing was measured yet.")).to_be_visible()
    page.get_by_role("button", name="Start measuring").click()
    expect(page.get_by_role("alert")).to_contain_text("there is no split")
    page.close()
