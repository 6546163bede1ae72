"""Logging in and out, in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.chromium import opened
from tests.support.web import TOKEN, Served, served, token_file, web_config


def test_logging_in(browser: Browser, locked: Served) -> None:
    """A wrong token is told, the right one opens the page, and after the end it is asked for again."""
    page = opened(browser, locked.url).page
    page.goto(locked.url)
    expect(page.locator("h1")).to_have_text("Log in")
    page.fill("#token", "wrong")
    page.click("section button")
    expect(page.get_by_role("alert")).to_have_text("The token is wrong.")
    page.fill("#token", TOKEN)
    page.click("section button")
    expect(page.locator("h1")).to_contain_text("Status")
    (cookie,) = (one for one in page.context.cookies() if one["name"] == "maskgate-session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    page.click("text=Log out")
    expect(page.locator("h1")).to_have_text("Log in")
    page.goto(locked.url)
    expect(page.locator("h1")).to_have_text("Log in")
    page.close()


def test_what_is_wrong_is_said_in_the_language_of_the_page(tmp_path: Path) -> None:
    """Also how long to wait."""
    with served(web_config(tmp_path, token_file=token_file(tmp_path))) as server:
        told = [
            server.client.post("/login", data={"token": "wrong"}, headers={"Accept-Language": "de"}).text
            for _ in range(5)
        ]
    assert "Der Token ist falsch." in told[0]
    assert "Zu viele falsche Token kamen von hier; neuer Versuch in 1 s." in told[-1]


def test_a_form_of_another_site_is_refused(locked: Served) -> None:
    """No page elsewhere can log anybody in or out."""
    for path in ("/login", "/logout"):
        for told in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            answer = locked.client.post(path, data={"token": TOKEN}, headers=told)
            assert answer.status_code == 403
