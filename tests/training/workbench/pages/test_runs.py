"""The page of the runs, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.support.chromium import Watched, opened
from tests.support.web import Served

pytestmark = pytest.mark.slow


def at_the_runs(browser: Browser, site: Served, **options: object) -> Watched:
    watched = opened(browser, site.url, **options)
    watched.page.goto(f"{site.url}/runs")
    expect(watched.page.locator("h1")).to_have_text("Runs")
    return watched


def test_two_runs_are_compared(browser: Browser, site: Served) -> None:
    """Curves (`svg_chart`), figures with intervals, matrices, slices, and faces on which they disagree."""
    watched = at_the_runs(browser, site)
    page = watched.page
    compare = page.get_by_role("button", name="Compare the chosen runs")
    expect(compare).to_be_disabled()
    for name in ("small", "large"):
        page.get_by_role("checkbox", name=f"compare {name}").click()
    compare.click()
    expect(page.get_by_text("faces were judged by all of them")).to_be_visible()
    expect(page.get_by_alt_text("validation loss and macro-F1 by epoch")).to_be_visible()
    for title in ("Figures", "Confusion matrices", "Accuracy by slice"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(
        page.get_by_text("Macro-F1 from large to small:").or_(
            page.get_by_text("Macro-F1 from small to large:")
        )
    ).to_be_visible()
    page.locator(".bench-tile").first.click()
    expect(page.get_by_role("dialog").get_by_text("Label in the data")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert Axe().run(page).generate_snapshot() == ""
    page.close()
    assert watched.complaints == []


def test_a_report_is_opened(browser: Browser, site: Served) -> None:
    """In a page of its own, in which nothing runs and nothing else is loaded."""
    page = at_the_runs(browser, site).page
    with page.expect_popup() as popup:
        page.get_by_role("link", name="report").first.click()
    expect(popup.value.locator("h1")).to_have_text("Report of a run")
    popup.value.close()
    page.close()


def test_there_is_no_run(browser: Browser, bench: Served) -> None:
    """Which is said, with what to do."""
    page = at_the_runs(browser, bench).page
    expect(page.get_by_text("There is no run in")).to_be_visible()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_all_of_it(browser: Browser, site: Served, scheme: str) -> None:
    """At 360 px nothing is cut off, and axe finds no barrier, in either theme."""
    page = at_the_runs(browser, site, viewport={"width": 360, "height": 700}, color_scheme=scheme).page
    page.get_by_role("checkbox", name="compare small").click()
    page.get_by_role("button", name="Compare the chosen runs").click()
    expect(page.get_by_role("heading", name="Accuracy by slice")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).generate_snapshot() == ""
    page.close()
