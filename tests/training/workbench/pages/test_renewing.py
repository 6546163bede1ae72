"""The page on which data is added and networks are trained anew, in a real browser."""

from __future__ import annotations

import io
import re
import time
import zipfile
from pathlib import Path

import cv2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from edge import bundle
from edge.contract import Label
from tests.support.chromium import Watched, opened
from tests.support.training import draw_face
from tests.support.web import Served
from training.workbench.jobs import JobPlan, JobProgress, JobState, JobStatus
from training.workbench.pages import renewing

pytestmark = pytest.mark.slow
LONG_MS = 600_000


def at_the_jobs(browser: Browser, site: Served, **options: object) -> Watched:
    watched = opened(browser, site.url, **options)
    watched.page.goto(f"{site.url}/renew")
    expect(watched.page.locator("h1")).to_have_text("Renew")
    return watched


def cards(page: Page) -> Locator:
    """Those of the jobs, the newest first."""
    return page.locator("article")


def zipped(file: Path, names: tuple[str, ...]) -> Path:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for seed, name in enumerate(names):
            face = draw_face(Label.WITHOUT_MASK, seed=60_000 + seed, side=140)
            archive.writestr(name, cv2.imencode(".png", face)[1].tobytes())
    file.write_bytes(out.getvalue())
    return file


def test_pictures_are_added(browser: Browser, changing_site: Served, tmp_path: Path) -> None:
    """What was taken is told, then what the job found; a bad zip is one sentence."""
    watched = at_the_jobs(browser, changing_site)
    page = watched.page
    page.get_by_label("Where they are from").fill("Main entrance")
    page.set_input_files("#zip", zipped(tmp_path / "day.zip", ("bare/1.png", "bare/2.png")))
    expect(page.get_by_text("Taken: 2 without mask.")).to_be_visible()
    expect(cards(page).first).to_contain_text("Add 2 pictures of day.zip to Main entrance")
    expect(cards(page).first.locator(".bench-state")).to_have_text("finished")
    expect(cards(page).first.locator("tbody tr").first).to_be_visible()
    assert watched.complaints == []
    count = cards(page).count()
    page.set_input_files("#zip", zipped(tmp_path / "evil.zip", ("../bare/1.png",)))
    expect(page.get_by_role("alert")).to_contain_text("evil.zip holds ../bare/1.png, which leads out of it")
    page.get_by_label("Or a folder on this machine").fill(str(tmp_path / "absent"))
    page.get_by_role("button", name="Add the folder").click()
    expect(page.get_by_role("alert")).to_contain_text("there is no folder")
    expect(cards(page)).to_have_count(count)
    page.reload()
    expect(page.get_by_label("Where they are from")).to_have_value("Main entrance")
    page.close()


def test_a_training_is_cancelled_resumed_and_finished(
    browser: Browser, changing_site: Served, site_folder: Path
) -> None:
    """It survives a reload of the page; the gate's verdict is shown, and the bundle can be had."""
    watched = at_the_jobs(browser, changing_site)
    page = watched.page
    page.get_by_role("combobox", name="Recipe", exact=True).select_option("that of small")
    page.get_by_role("button", name="Start the training").click()
    card = cards(page).first
    expect(card).to_contain_text("Train with the recipe of small to beat the shipped bundle")
    expect(card.locator(".bench-state")).to_have_text("running")
    page.reload()
    expect(card.locator(".bench-state")).to_have_text("running")
    card.get_by_role("button", name="Cancel").click()
    expect(card.locator(".bench-state")).to_have_text("cancelled")
    card.get_by_role("button", name="Resume").click()
    expect(card.locator("p").first).to_contain_text("the training ends at about", timeout=LONG_MS)
    expect(card.locator(".bench-state").first).to_have_text("finished", timeout=LONG_MS)
    expect(card).to_contain_text("The new model takes the old one's place.")
    expect(card.locator("tbody tr").first).to_contain_text("macro-F1")
    with page.expect_download() as download:
        card.get_by_role("link", name="Download the bundle").click()
    with bundle.opened(Path(str(download.value.path()))) as found:
        assert found.manifest.training_run.endswith("-retrain")
    card.get_by_role("button", name="Put it into").click()
    expect(card.get_by_text("It is in ")).to_be_visible()
    page.close()
    assert watched.complaints == []
    assert len(list((site_folder / "inbox").glob("*.tar.gz"))) == 1


@pytest.mark.parametrize(
    ("ends_in_s", "told"),
    [
        (None, "epoch 2, 50%"),
        (3600, r"epoch 2, 50%; the training ends at about \d\d:\d\d, in 60 min"),
        (-300, "epoch 2, 50%; it takes longer than expected"),
    ],
)
def test_an_end_that_is_past_is_not_told(ends_in_s: float | None, told: str) -> None:
    """As of a training that is done, of which the gate takes its time."""
    ends_at = None if ends_in_s is None else time.time() + ends_in_s
    plan = JobPlan("retrain", "Train", (), 0.0)
    status = JobStatus("1", plan, JobState.RUNNING, 0.0, JobProgress("epoch 2", 0.5, 0.9, ends_at), None)
    assert re.fullmatch(told, renewing._progress(status))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_shows_all_of_it(browser: Browser, changing_site: Served, scheme: str) -> None:
    """At 360 px nothing is cut off, and axe finds no barrier, in either theme."""
    page = at_the_jobs(
        browser, changing_site, viewport={"width": 360, "height": 700}, color_scheme=scheme
    ).page
    expect(cards(page).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).generate_snapshot() == ""
    page.close()
