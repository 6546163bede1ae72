"""The frame of every page: title, navigation, and one place for what is told to whoever looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nicegui import ui

from training.workbench.bench import Workbench
from training.workbench.parts import heading, words

TITLE = "MaskGate workbench"
FAILED = "The workbench failed at this; its log says why."
HEAD = '<link rel="stylesheet" href="/workbench/style.css">'


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page in the navigation."""

    path: str
    name: str


PAGES = (
    PageLink("/", "Try"),
    PageLink("/data", "Data"),
    PageLink("/runs", "Runs"),
    PageLink("/renew", "Renew"),
    PageLink("/more-data", "Is more data worth it?"),
)


@contextmanager
def page_frame(bench: Workbench, path: str, name: str = "") -> Iterator[None]:
    """Head and navigation of the page at a path; its content goes into the block.

    Args:
        bench: What the pages work with.
        path: Of the page.
        name: Of a page that is not among `PAGES`.
    """
    name = name or next(page.name for page in PAGES if page.path == path)
    ui.page_title(f"{name} · {TITLE}")
    ui.add_head_html(HEAD)
    # What it was stands in the log; it may tell of files.
    ui.on_exception(lambda: ui.notify(FAILED, type="negative"))
    with ui.header(fixed=False).classes("bench-header"):
        ui.link(TITLE, "/").classes("bench-name")
        with ui.element("nav").props('aria-label="Pages"').classes("bench-nav"):
            for page in PAGES:
                link = ui.link(page.name, page.path)
                if page.path == path:
                    link.props('aria-current="page"')
        if not bench.guard.open:
            with ui.element("form").props('method="post" action="/logout"'):
                words("button", "Log out", "bench-button").props("type=submit")
    with ui.column().classes("bench-content") as content:
        ui.skip_link("Skip to the content", target=content)
        heading(name, 1)
        yield
