"""The page of the data, in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.chromium import Watched, opened
from tests.support.web import Served

pytestmark = pytest.mark.slow
CHOOSE_AT_ONCE = """
new MutationObserver((_, observer) => {
  const found = document.querySelector("option[value=without_mask]");
  if (!found) return;
  observer.disconnect();
  found.parentElement.value = "without_mask";
}).observe(document, { childList: true, subtree: true });
"""
"""As a browser does it before anybody listens: without an event."""


def at_the_data(browser: Browser, site: Served, **options: object) -> Watched:
    """The page, when its faces are measured."""
    watched = opened(browser, site.url, **options)
    watched.page.goto(f"{site.url}/data")
    expect(watched.page.get_by_role("heading", name="Sharpness")).to_be_visible()
    return watched


def choose(page: Page, select: str, option: str) -> None:
    box = page.get_by_role("combobox", name=select, exact=True)
    box.select_option(value=box.locator("option", has_text=option).first.get_attribute("value"))


def sheet(page: Page) -> Locator:
    """The tiles of the contact sheet, and not those of the sets below it."""
    return page.locator("section:has(h2:text-is('Faces')) .bench-tile")


def datasets(site: Served) -> dict[str, object]:
    (found,) = site.client.get("/api/datasets").json()
    return dict(found)


def test_what_there_is(browser: Browser, site: Served) -> None:
    """Counts, light and sharpness, and what is broken; nothing is loaded from elsewhere."""
    watched = at_the_data(browser, site)
    page = watched.page
    expect(page.get_by_text("300 in 100 pictures")).to_be_visible()
    expect(page.get_by_role("heading", name="Pictures that cannot be read: 1")).to_be_visible()
    expect(page.get_by_text("broken.png")).to_be_visible()
    expect(sheet(page).first.locator("img")).to_have_js_property("complete", True)
    assert sheet(page).first.locator("img").evaluate("image => image.naturalWidth") == 112
    assert Axe().run(page).generate_snapshot() == ""
    page.close()
    assert watched.complaints == []


def test_faces_are_chosen(browser: Browser, site: Served) -> None:
    """By label, part and slice; the worst answers of a run come first, with what was answered."""
    watched = at_the_data(browser, site)
    page = watched.page
    expect(page.get_by_text("1 to 48 of 300 faces")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("49 to 96 of 300 faces")).to_be_visible()
    choose(page, "Label", "without mask")
    expect(page.get_by_text("1 to 48 of 100 faces")).to_be_visible()
    choose(page, "Slice", "brightness: dark")
    expect(page.get_by_text("of 100 faces")).to_have_count(0)
    choose(page, "Slice", "All faces")
    choose(page, "Label", "Any label")
    choose(page, "Order", "Worst answers of small first")
    expect(sheet(page).first).to_contain_text(" → ")
    page.close()
    assert watched.complaints == []


def test_what_was_chosen_before_the_page_was_connected(browser: Browser, site: Served) -> None:
    """Counts: a browser may be slow to connect, or remember what was chosen before a reload."""
    page = opened(browser, site.url).page
    page.add_init_script(CHOOSE_AT_ONCE)
    page.goto(f"{site.url}/data")
    expect(page.get_by_text("1 to 48 of 100 faces")).to_be_visible()
    page.close()


def test_a_face_is_relabelled_and_that_is_taken_back(browser: Browser, site: Served) -> None:
    """What was corrected is seen after a reload, and by programs; the data itself stays as it is."""
    watched = at_the_data(browser, site)
    page = watched.page
    before = datasets(site)
    sheet(page).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("with mask")
    assert Axe().run(page).generate_snapshot() == ""
    dialog.get_by_role("button", name="without mask").click()
    expect(sheet(page).first).to_contain_text("without mask, 60 px · relabelled")
    # Above all faces, so that it is seen.
    heads = page.locator("h2").all_inner_texts()
    assert heads.index("Corrected: 1 face") < heads.index("Faces")
    page.reload()
    expect(sheet(page).first).to_contain_text("relabelled")
    assert datasets(site)["labels"] != before["labels"]
    sheet(page).first.click()
    expect(dialog.get_by_text("Label in the data")).to_be_visible()
    dialog.get_by_role("button", name="Take the correction back").click()
    expect(sheet(page).first).not_to_contain_text("relabelled")
    assert datasets(site) == before
    page.close()
    assert watched.complaints == []


def test_a_face_is_left_out(browser: Browser, site: Served) -> None:
    """With a reason; it stays to be seen among the corrections, and can be taken back there."""
    page = at_the_data(browser, site).page
    sheet(page).nth(1).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why it is left out").fill("a cartoon")
    dialog.get_by_role("button", name="Leave it out").click()
    corrections = page.locator("section:has(h2:text-is('Corrected: 1 face')) .bench-tile")
    expect(corrections).to_contain_text("left out")
    assert datasets(site)["left_out"] == 1
    corrections.click()
    expect(dialog.get_by_text("left out: a cartoon")).to_be_visible()
    dialog.get_by_role("button", name="Take the correction back").click()
    expect(corrections).to_have_count(0)
    page.close()


def test_eyes_are_pixelated_until_that_is_switched_off(browser: Browser, site: Served) -> None:
    """For all tiles of the page at once."""
    page = at_the_data(browser, site).page
    assert "eyes=false" in str(sheet(page).first.locator("img").get_attribute("src"))
    page.get_by_role("switch", name="Pixelate eyes").click()
    expect(page.locator(".bench-tile img[src*='eyes=false']")).to_have_count(0)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_all_of_it(browser: Browser, site: Served, scheme: str) -> None:
    """At 360 px nothing is cut off, and axe finds no barrier, in either theme."""
    page = at_the_data(browser, site, viewport={"width": 360, "height": 700}, color_scheme=scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).generate_snapshot() == ""
    page.close()
