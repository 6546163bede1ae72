"""The pages, in a real browser: what they show, how they change, and that nothing comes from elsewhere."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from edge.spool import Spool
from edge.telemetry.minutes import MinuteStats, Quantiles
from edge.telemetry.records import SenderState
from edge.types import Lamp, Outcome, State, ViewProblem
from edge.web.rendering import languages
from tests.support.chromium import opened
from tests.support.live_views import ShownView
from tests.support.pictures import photo
from tests.support.spools import at
from tests.support.web import Served, served, web_config

TIMES = Quantiles(48.2, 71.5)


def test_the_status_page_follows_the_device(browser: Browser, beside_device: Served, spool: Spool) -> None:
    """Lamp, problems, passes and counts change without a reload; nothing is loaded from elsewhere."""
    spool.set_state(State(Lamp.OFF, False, "", "1.2.3", 5.0))
    watched = opened(browser, beside_device.url)
    page = watched.page
    page.goto(beside_device.url)
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#lamp-text")).to_have_text("off")
    spool.set_state(State(Lamp.RED, False, "", "1.2.3", 6.0, "the bundle is damaged", people=2))
    expect(page.locator("#lamp-text")).to_have_text("red: no mask")
    expect(page.locator("#problems")).to_have_text("the bundle is damaged")
    expect(page.locator("#now dd").first).to_have_text("2")
    spool.set_recent(MinuteStats(60, 300, 30.0, 0.0, TIMES, TIMES, TIMES))
    spool.set_sender(SenderState(False, "no route", 0, True))
    expect(page.locator("#device")).to_contain_text("48.2 / 71.5 ms")
    expect(page.locator("#device")).to_contain_text("buzzer muted")
    expect(page.locator("#problems li").last).to_have_text("events are not sent: no route")
    spool.append(at(1, Outcome.NO_MASK, 1))
    spool.flush()
    expect(page.locator("#passes td").nth(1)).to_have_text("no mask")
    expect(page.locator("#now dd").nth(1)).to_have_text("no mask")
    spool.append(at(2, Outcome.COMPLIANT, 1, revision=1))
    spool.flush()
    expect(page.locator("#passes td").nth(1)).to_have_text("compliant (revised)")
    expect(page.locator("#passes tr")).to_have_count(1)
    page.close()
    assert watched.complaints == []


def test_a_refused_stream_is_asked_for_again(browser: Browser, beside_device: Served, spool: Spool) -> None:
    """As by a proxy while the server starts; nothing is shown as true meanwhile, and nothing is missed."""
    spool.set_state(State(Lamp.GREEN, False, "", "1.2.3", 5.0, people=1))
    page = opened(browser, beside_device.url).page
    page.clock.install()
    page.route("**/api/events/stream", lambda route: route.fulfill(status=502, body="Bad Gateway"), times=1)
    page.route("**/api/summary*", lambda route: route.abort(), times=1)
    page.goto(beside_device.url)
    expect(page.locator("#connection")).to_have_text("not connected; trying again")
    expect(page.locator("#lamp-text")).to_contain_text("unknown")
    expect(page.locator("#problems")).to_have_text("not connected; trying again")
    expect(page.locator("#now dd").first).to_have_text("\N{EN DASH}")
    spool.append(at(1, Outcome.NO_MASK, 1))
    spool.flush()
    page.clock.fast_forward(6_000)
    expect(page.locator("#connection")).to_have_text("live")
    expect(page.locator("#lamp-text")).to_contain_text("green")
    expect(page.locator("#passes td").nth(1)).to_have_text("no mask")
    page.close()


def test_the_live_view_is_announced(
    browser: Browser, beside_device: Served, spool: Spool, live_view: ShownView
) -> None:
    """No picture before somebody wants one; then everybody who has the page open is told until when."""
    watched = opened(browser, beside_device.url)
    page = watched.page
    state = State(Lamp.OFF, False, "", "1.2.3", 5.0)
    live_view.on_change = lambda: spool.set_state(replace(state, live_view_until=live_view.until))
    spool.set_state(state)
    page.goto(beside_device.url)
    expect(page.locator("#lamp-text")).to_have_text("off")
    expect(page.locator("#live-notice")).to_be_hidden()
    expect(page.locator("#live-picture")).to_be_hidden()
    assert live_view.made == 0
    page.click("#live-switch")
    expect(page.locator("#live-notice")).to_contain_text("The live view is on until")
    expect(page.locator("#live-picture")).to_be_visible()
    expect(page.locator("#live-picture")).to_have_js_property("naturalWidth", 60)
    assert Axe().run(page).generate_snapshot() == ""
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("#live-notice")).to_be_hidden()
    expect(page.locator("#live-picture")).to_be_hidden()
    assert [said.split()[0] for said in live_view.said] == ["on", "off"]
    page.close()
    # A picture that is on its way while it is switched off is refused, which a browser notes.
    assert [said for said in watched.complaints if "409" not in said] == []


def test_a_live_view_that_is_refused_says_why(
    browser: Browser, beside_device: Served, spool: Spool, live_view: ShownView
) -> None:
    """The device's sentence stands below the button, or that there was no answer; it can be tried again."""
    live_view.allowed = False
    spool.set_state(State(Lamp.OFF, False, "", "1.2.3", 5.0))
    page = opened(browser, beside_device.url).page
    page.goto(beside_device.url)
    page.route("**/api/view", lambda route: route.abort(), times=1)
    page.click("#live-switch")
    expect(page.locator("#live-problem")).to_have_text("The server did not answer")
    page.click("#live-switch")
    expect(page.locator("#live-problem")).to_have_text("the live view is not allowed here")
    page.close()


def test_a_page_without_the_live_view(tmp_path: Path) -> None:
    """Where the configuration forbids it there is no switch; a notice would still be shown."""
    with served(web_config(tmp_path, live_view=False)) as without:
        page = without.client.get("/").text
    assert "live-switch" not in page
    assert "live-notice" in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/try", "/commission"])
def test_a_telephone_shows_all_of_it(
    browser: Browser, beside_device: Served, spool: Spool, scheme: str, path: str
) -> None:
    """At 360 px nothing is cut off, and axe finds no barrier, in either theme."""
    spool.append(at(3, Outcome.MASK_INCORRECT, 3, wall=time.time()))
    spool.flush()
    watched = opened(browser, beside_device.url, viewport={"width": 360, "height": 700}, color_scheme=scheme)
    page = watched.page
    page.goto(beside_device.url + path)
    if path == "/":
        expect(page.locator("#connection")).to_have_text("live")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).generate_snapshot() == ""
    page.close()


def test_paper_is_light(browser: Browser, server: Served) -> None:
    """A page that is dark on the screen is printed in black on white, without what cannot be pressed."""
    page = opened(browser, server.url, color_scheme="dark").page
    page.goto(server.url)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(23, 32, 42)"
    expect(page.locator("header")).to_be_hidden()
    page.close()


def test_the_keyboard_reaches_everything(browser: Browser, beside_device: Served) -> None:
    """The first stop leads past the navigation; charts that are wider than the screen can be scrolled."""
    page = opened(browser, beside_device.url).page
    page.goto(beside_device.url)
    expect(page.locator("#today dd").first).to_be_attached()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == ["live-switch", "by-hour", "by-week"]
    page.close()


def test_a_picture_is_tried(browser: Browser, server: Served, tmp_path: Path) -> None:
    """Its faces are boxed, eyes pixelated, and each label has its share."""
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo())
    watched = opened(browser, server.url)
    page = watched.page
    page.goto(server.url + "/try")
    page.set_input_files("#file", file)
    expect(page.locator("#answers h2").first).to_contain_text("Face 1:")
    expect(page.locator("#answers .bar").first).to_contain_text("%")
    expect(page.locator("#picture")).to_be_visible()
    assert watched.complaints == []
    other = tmp_path / "other.jpg"
    other.write_bytes(b"text")
    page.set_input_files("#file", other)
    expect(page.locator("#message [lang=en]")).to_contain_text("no JPEG, PNG or WebP")
    # Of a proxy that bounds what is sent, and of nobody at all.
    page.route("**/api/predict", lambda route: route.fulfill(status=413, body="<h1>Too large</h1>"), times=1)
    page.set_input_files("#file", file)
    expect(page.locator("#message")).to_have_text("The server did not answer (413)")
    page.route("**/api/predict", lambda route: route.abort(), times=1)
    page.set_input_files("#file", other)
    expect(page.locator("#message")).to_have_text("The server did not answer")
    page.close()


def test_an_installer_is_led_through(
    browser: Browser, beside_device: Served, spool: Spool, live_view: ShownView
) -> None:
    """What the camera sees, each lamp is shown and asked for, the relay waits for a look; then the report."""
    state = State(Lamp.OFF, False, "", "1.2.3", 5.0)
    live_view.on_change = lambda: spool.set_state(replace(state, live_view_until=live_view.until))
    watched = opened(browser, beside_device.url)
    page = watched.page
    page.goto(beside_device.url + "/commission")
    page.click("#live-switch")
    expect(page.locator("#live-picture")).to_be_visible()
    page.wait_for_function("document.getElementById('live-picture').naturalWidth > 0")
    lamp = page.locator('[data-check="lamp amber"]')
    expect(lamp.locator(".question")).to_be_hidden()
    lamp.get_by_role("button", name="Show amber").click()
    lamp.get_by_role("button", name="No", exact=True).click()
    expect(page.locator("#findings .fault").last).to_contain_text("lamp amber: not as it should be")
    expect(page.locator("#relay")).to_be_disabled()
    page.check("#clear")
    with page.expect_response("**/relay"):
        page.click("#relay")
    expect(page.locator("#message")).to_have_text("no relay is configured; set relay.pin")
    expect(page.locator("#relay")).to_be_disabled()
    page.click("#send")
    expect(page.locator("#findings")).to_contain_text("test event: no event is stored yet")
    with page.expect_download() as report:
        page.get_by_role("link", name="Download the report").click()
    assert "lamp amber" in report.value.path().read_text()
    page.click("#begin")
    expect(page.locator("#findings")).not_to_contain_text("amber")
    page.close()
    # The browser notes each answer that refuses.
    assert [one for one in watched.complaints if "409" not in one] == []


def test_problems_are_told_in_the_language_of_the_page(
    browser: Browser, beside_device: Served, spool: Spool
) -> None:
    """What to do is; what the device itself says is marked as English."""
    spool.set_state(State(Lamp.BLIND, True, "no answer", "1.2.3", 6.0, view=ViewProblem.DARK))
    page = opened(browser, beside_device.url, locale="de-DE").page
    page.goto(beside_device.url)
    expect(page.locator("#problems li").first).to_have_text("Die Kamera gibt kein Bild: no answer")
    expect(page.locator("#problems [lang=en]")).to_have_text("no answer")
    expect(page.locator("#problems li").nth(1)).to_contain_text("Das Bild ist zu dunkel")
    page.close()


def test_every_lamp_has_a_text() -> None:
    """Whatever the lamp shows, the page says it in words."""
    for texts in languages().values():
        assert {f"lamp_{lamp.value}" for lamp in Lamp} <= texts.keys()
