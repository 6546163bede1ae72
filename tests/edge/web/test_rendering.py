"""Pages in the language of who reads them."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Browser, expect

from edge.web.rendering import languages
from tests.support.chromium import opened
from tests.support.web import Served


def test_languages(browser: Browser, server: Served) -> None:
    """The browser's own language is taken, and another one stays chosen."""
    page = opened(browser, server.url, locale="de-DE").page
    page.goto(server.url + "/try")
    expect(page.locator("h1")).to_have_text("Bild prüfen")
    page.click("text=English")
    expect(page.locator("h1")).to_have_text("Try a picture")
    page.goto(server.url)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.close()


def test_every_text_is_translated() -> None:
    """Each language has the same keys, and each text the same places to fill in."""
    english, *others = languages().values()
    for texts in others:
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


def test_texts_cannot_end_their_block(server: Served) -> None:
    """The data block of a page is one piece of JSON."""
    page = server.client.get("/try").text
    block = page.partition('id="texts">')[2].partition("</script>")[0]
    assert json.loads(block) == languages()["en"]
