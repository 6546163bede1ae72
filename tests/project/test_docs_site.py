"""The site of the documents: it builds strictly, leads everywhere, and loads nothing from elsewhere."""

from __future__ import annotations

import functools
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from scripts import docs_site
from tests.project.test_docs import names
from tests.support.chromium import browser, opened
from tests.support.paths import ROOT

__all__ = ["browser"]

SCRIPTS = [file for name in docs_site.SCRIPTS if (file := ROOT / "build" / "npm" / name).exists()]
VISITED = ("index.html", "docs/start/installer.html", "docs/reference/mqtt.html", "docs/architecture.html")
PHONE = {"width": 390, "height": 844}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, with the scripts where `make test` could fetch them."""
    return docs_site.build(tmp_path_factory.mktemp("site"), SCRIPTS)


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where it is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_every_document_is_a_page(site: Path) -> None:
    """Where it is in the repository; a README is the first page of its folder."""
    for page in docs_site.pages():
        name = page.relative_to(ROOT).with_suffix(".html")
        assert (site / (name.with_name("index.html") if page.stem == "README" else name)).exists(), name


def test_the_menu_is_the_index() -> None:
    """Every section for a reader is in it, and the records below theirs."""
    sections = {head: entries for part in docs_site.menu() for head, entries in part.items()}
    assert {"From zero to a lamp", "To install and operate", "Reference", "To work on MaskGate"} <= set(
        sections
    )
    records = next(
        one["Decision records"] for one in sections["To work on MaskGate"] if "Decision records" in one
    )
    assert "docs/adr/0001-top-level-folders.md" in records


@pytest.mark.parametrize("page", names(docs_site.pages()))
def test_lists_are_indented_for_both_readers(page: Path) -> None:
    """By four blanks: fewer are a list within a list for one reader of Markdown only."""
    prose = re.sub(r"^( *)```.*?^\1```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^ {1,3}(?:[-*]|\d+\.) .*$|^ {1,3}```.*$", prose, flags=re.MULTILINE) == []


def test_what_is_broken_is_named(tmp_path: Path) -> None:
    """A file that is not there, a heading that is not there, and what a page would load from elsewhere."""
    (tmp_path / "there.html").write_text('<h2 id="head">Head</h2>')
    (tmp_path / "index.html").write_text(
        '<a href="there.html#head">a</a><a href="https://example.org">b</a><a href="gone.html">c</a>'
        '<a href="there.html#gone">d</a><script src="https://example.org/x.js"></script>'
        '<img src="//example.org/x.png"><img src="data:image/png;base64,">'
    )
    assert docs_site.problems(tmp_path) == [
        "index.html loads https://example.org/x.js",
        "index.html loads //example.org/x.png",
        "index.html links gone.html",
        "index.html links there.html#gone",
    ]


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all documents and of what they link, of which the site is built."""
    copy = tmp_path / "copy"
    docs_site.stage(copy)
    shutil.copy(ROOT / "mkdocs.yml", copy)
    monkeypatch.setattr(docs_site, "ROOT", copy)
    return copy


def refused(folder: Path) -> str:
    """What the build ends with."""
    with pytest.raises(SystemExit) as ended:
        docs_site.build(folder, [])
    return re.sub(r"\x1b\[[\d;]*m", "", str(ended.value))


def append(page: Path, text: str) -> None:
    page.write_text(f"{page.read_text() if page.exists() else ''}\n{text}\n")


@pytest.mark.parametrize(
    ("page", "text", "sentence"),
    [
        ("SECURITY.md", "[a](docs/gone.md)", "SECURITY.md links docs/gone.md, which is not there"),
        ("docs/install.md", "[a](../edge/gone.py)", "docs/install.md links edge/gone.py, which is not there"),
        ("docs/index.md", "- [New](new.md)", "docs/index.md links docs/new.md, which is not there"),
        ("SECURITY.md", "![a](docs/images/gone.png)", "SECURITY.md links docs/images/gone.png, which is not"),
        ("docs/lost.md", "# Lost", "docs/lost.md is in no menu; link it in docs/index.md"),
        ("LOST.md", "# Lost", "LOST.md is in no menu; link it in docs/index.md"),
    ],
)
def test_what_is_broken_ends_the_build(documents: Path, page: str, text: str, sentence: str) -> None:
    """A link to what is not there, a missing picture, a page that nobody finds: with the place."""
    append(documents / page, text)
    assert refused(documents.parent).startswith(sentence)


def test_a_picture_that_was_removed_ends_the_build(documents: Path) -> None:
    """With the page that shows it."""
    (documents / "docs" / "images" / "workbench.png").unlink()
    assert "docs/training/workbench.md links docs/images/workbench.png" in refused(documents.parent)


def test_an_anchor_that_is_not_there_ends_the_build(documents: Path) -> None:
    """Of the same page, of another, and a link that is written below the text: each with its line."""
    (documents / "SECURITY.md").write_text(
        "# Security\n\n[a](#gone)\n\n[b](docs/install.md#gone)\n\n[c][below]\n\n[below]: docs/gone.md\n"
    )
    said = refused(documents.parent)
    assert [line for line in (3, 5, 9) if f"SECURITY.md:{line}:" not in said] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_load_nothing_from_elsewhere(browser: Browser, address: str, scheme: str) -> None:
    """Nor complain; on a phone nothing is wider than the screen."""
    watched = opened(browser, address, viewport=PHONE, color_scheme=scheme)
    for name in (
        "index.html",
        "docs/start/installer.html",
        "docs/reference/mqtt.html",
        "docs/architecture.html",
    ):
        watched.page.goto(f"{address}/{name}")
        expect(watched.page.locator("h1")).to_be_visible()
        assert watched.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert watched.complaints == []


def test_search_finds_a_key(browser: Browser, address: str) -> None:
    """In the page of all keys, without a word to anybody elsewhere."""
    watched = opened(browser, address)
    # The key is heard once the page's scripts have run.
    watched.page.goto(f"{address}/index.html", wait_until="networkidle")
    found = watched.page.get_by_role("option").filter(has_text="Keys of config.toml").first
    # A busy machine runs them late, and a key that was pressed before is lost.
    for _ in range(12):
        watched.page.keyboard.press("/")
        watched.page.keyboard.type("undecided_s")
        with suppress(AssertionError):
            expect(found).to_be_visible(timeout=5_000)
            break
        watched.page.keyboard.press("Escape")
    expect(found).to_be_visible()
    assert watched.complaints == []


@pytest.mark.skipif(
    not SCRIPTS, reason="Mermaid is not there: python scripts/docs_site.py --scripts, with npm"
)
def test_diagrams_are_drawn(browser: Browser, address: str) -> None:
    """As pictures, by the script of the site."""
    watched = opened(browser, address)
    watched.page.goto(f"{address}/docs/architecture.html")
    expect(watched.page.locator("div.mermaid").first).to_be_visible()
    assert watched.complaints == []
