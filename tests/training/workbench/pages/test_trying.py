"""The page on which models are tried, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from edge.demo import CLIP
from tests.support.chromium import Watched, opened
from tests.support.pictures import huge_png, photo
from tests.support.web import TOKEN, Served, token_file
from tests.support.workbench import served_workbench
from training.workbench.frame import PAGES, TITLE

DROP_AND_PASTE = """async () => {
  const canvas = new OffscreenCanvas(80, 60);
  canvas.getContext("2d").fillRect(10, 10, 20, 20);
  const blob = await canvas.convertToBlob();
  const held = (...names) => {
    const data = new DataTransfer();
    for (const name of names) data.items.add(new File([blob], name, { type: "image/png" }));
    return data;
  };
  const drop = { bubbles: true, dataTransfer: held("first.png", "second.png") };
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", drop));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held("pasted.png") }));
}"""

pytestmark = pytest.mark.slow


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture with one person."""
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo())
    return file


def at_the_page(browser: Browser, bench: Served, **options: object) -> Watched:
    """The page, when its connection stands."""
    watched = opened(browser, bench.url, **options)
    watched.page.goto(bench.url)
    expect(watched.page.locator("h1")).to_have_text("Try")
    return watched


def test_a_picture_is_tried(browser: Browser, bench: Served, picture: Path) -> None:
    """Boxes, a bar for each label, what decides, and the verdict of a device; all of it from here."""
    watched = at_the_page(browser, bench)
    page = watched.page
    page.set_input_files("#files", picture)
    card = page.locator("article")
    expect(card.locator("h2")).to_contain_text("photo.jpg")
    expect(card.locator("h4")).to_contain_text("Face 1:")
    expect(card.locator(".bench-number")).to_have_count(3)
    expect(card).to_contain_text("would get the verdict")
    expect(card.get_by_alt_text("what decides about face 1: Occlusion")).to_be_visible()
    assert Axe().run(page).generate_snapshot() == ""
    page.close()
    assert watched.complaints == []


def test_the_navigation_leads_to_every_page(browser: Browser, bench: Served) -> None:
    """And says which one this is; each has a title of its own and complains of nothing."""
    watched = opened(browser, bench.url)
    page = watched.page
    for link in PAGES:
        page.goto(bench.url)
        page.get_by_role("navigation").get_by_role("link", name=link.name, exact=True).click()
        expect(page).to_have_title(f"{link.name} · {TITLE}")
        expect(page.locator("nav [aria-current=page]")).to_have_text(link.name)
    page.close()
    assert watched.complaints == []


def test_two_models_side_by_side(browser: Browser, bench: Served, picture: Path) -> None:
    """A bundle and the float network of a run, which has a Grad-CAM."""
    watched = at_the_page(browser, bench)
    page = watched.page
    page.get_by_label("Compare it with").select_option("first (float network)")
    page.set_input_files("#files", picture)
    sections = page.locator("article section")
    expect(sections).to_have_count(2)
    expect(sections.nth(0).locator("h3")).to_contain_text("Shipped bundle")
    expect(sections.nth(1).get_by_alt_text("what decides about face 1: Grad-CAM")).to_be_visible()
    page.close()
    assert watched.complaints == []


def test_what_cannot_be_tried_is_a_sentence(browser: Browser, bench: Served, tmp_path: Path) -> None:
    """No picture at all, and one that would take gigabytes; the page goes on."""
    bad, huge = tmp_path / "bad.jpg", tmp_path / "huge.png"
    bad.write_bytes(b"text")
    huge.write_bytes(huge_png())
    page = at_the_page(browser, bench).page
    for file, words in ((bad, "not a picture"), (huge, "more than a picture of 50 megapixels")):
        page.set_input_files("#files", file)
        expect(page.get_by_role("alert")).to_contain_text(words)
    page.close()


def test_pictures_are_dropped_and_pasted(browser: Browser, bench: Served) -> None:
    """Several at once; where nobody is in them, that is said."""
    watched = at_the_page(browser, bench)
    page = watched.page
    page.evaluate(DROP_AND_PASTE)
    expect(page.locator("article h2")).to_have_count(3)
    expect(page.locator("article h2", has_text="pasted.png")).to_have_count(1)
    expect(page.get_by_text("No face was found.")).to_have_count(3)
    page.close()
    assert watched.complaints == []


def test_the_eyes_are_pixelated_until_that_is_switched_off(browser: Browser, bench: Served) -> None:
    """The picture of the built-in clip comes out otherwise with and without."""
    page = at_the_page(browser, bench).page
    pictures = []
    for count in (1, 2):
        page.get_by_role("button", name="Try a picture of the built-in clip").click()
        expect(page.locator("article")).to_have_count(count)
        pictures.append(page.locator("article .bench-model > img").first.get_attribute("src"))
        page.get_by_role("switch", name="Pixelate eyes").click()
    assert pictures[0] != pictures[1]
    page.close()


def test_the_webcam(browser: Browser, bench: Served) -> None:
    """Its frames are judged one after another, until it is closed."""
    watched = at_the_page(browser, bench, permissions=["camera"])
    page = watched.page
    page.get_by_role("button", name="Open the webcam").click()
    expect(page.locator("article h2")).to_contain_text("webcam")
    page.get_by_role("button", name="Close the webcam").click()
    expect(page.get_by_role("button", name="Open the webcam")).to_be_visible()
    page.close()
    assert watched.complaints == []


def test_a_video_is_played(browser: Browser, bench: Served) -> None:
    """Its passes and the lamp over time; it can be stopped."""
    watched = at_the_page(browser, bench)
    page = watched.page
    page.set_input_files("#files", CLIP)
    expect(page.locator("article h2")).to_have_text("entrance.webm")
    expect(page.locator("article table tbody tr")).to_have_count(4)
    expect(page.locator("article .bench-span.green").first).to_be_attached()
    assert Axe().run(page).generate_snapshot() == ""
    page.get_by_label("Compare it with").select_option("first (float network)")
    page.get_by_role("button", name="Play the built-in clip").click()
    # Two models play it at once, and each is stopped by itself.
    for left in (2, 1):
        expect(page.get_by_role("button", name="Stop")).to_have_count(left)
        page.get_by_role("button", name="Stop").first.click()
    expect(page.get_by_text("The video was stopped.")).to_have_count(2)
    page.close()
    assert watched.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_all_of_it(browser: Browser, bench: Served, scheme: str) -> None:
    """At 360 px nothing is cut off, and axe finds no barrier, in either theme."""
    page = at_the_page(browser, bench, viewport={"width": 360, "height": 700}, color_scheme=scheme).page
    page.get_by_role("button", name="Try a picture of the built-in clip").click()
    expect(page.locator("article h4").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.body.classList.contains('body--dark')") == (scheme == "dark")
    assert Axe().run(page).generate_snapshot() == ""
    page.close()


def test_a_token_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    """Who has given it gets page and connection, and can end the session."""
    with served_workbench(tmp_path, "--token-file", token_file(tmp_path)) as locked:
        page = opened(browser, locked.url).page
        page.goto(locked.url)
        expect(page.locator("h1")).to_have_text("Log in")
        page.fill("#token", TOKEN)
        page.click("section button")
        expect(page.locator("h1")).to_have_text("Try")
        page.get_by_role("button", name="Try a picture of the built-in clip").click()
        expect(page.locator("article h4").first).to_contain_text("Face 1")
        page.get_by_role("button", name="Log out").click()
        expect(page.locator("h1")).to_have_text("Log in")
        page.close()
        refused = locked.client.post("/api/pictures", content=b"x")
        assert refused.status_code == 401
