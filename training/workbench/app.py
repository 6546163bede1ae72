"""The application: guard, API and pages put together."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from nicegui import app as page_library
from nicegui import ui
from starlette.staticfiles import StaticFiles

from edge.errors import MaskGateError
from edge.web import login, rendering
from edge.web.auth import Guard, WebSettingNames, find_token
from edge.web.middleware import SECURITY_HEADERS, RequestLimits, RequestMiddleware, known_names
from edge.web.problems import handle_problems
from edge.web.throttle import RateLimit
from training.workbench import api, data_api, jobs_api
from training.workbench.auth import COOKIE, PageGuard
from training.workbench.bench import Workbench, WorkbenchSettings
from training.workbench.data_desk import DataDesk
from training.workbench.jobs import JobQueue, Launcher, launch
from training.workbench.models import ModelShelf
from training.workbench.pages import data, missing, more_data, renewing, runs, trying
from training.workbench.renewal import Renewal, RenewalFolders
from training.workbench.uploads import UPLOADS, UploadShelf
from training.workbench.videos import VideoShelf

log = logging.getLogger(__name__)

OPTIONS = WebSettingNames("--host", "--token-file", "--port", "--cert-file")
"""What the settings are called for who serves a workbench."""
MOST_BODY_BYTES = 2 << 30
"""The largest upload: a data set in a zip, or a video. Each route has bounds of its own."""
BODY_S = 600.0
ADVANCE_S = 2.0
"""So often the next job is begun where none runs, whether or not a page is open."""
HERE = Path(__file__).parent
PAGES = (trying, data, runs, renewing, more_data, missing)
"""The modules of the pages."""

HEADERS = {
    **SECURITY_HEADERS,
    # The library of the pages compiles its templates in the browser, so scripts and styles need more than
    # 'self'. Nothing of it may come from elsewhere or go there.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
        "font-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; "
        "frame-ancestors 'self'; base-uri 'none'"
    ),
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "X-Frame-Options": "SAMEORIGIN",
}


class _NoCounter:
    """The workbench has no figures of its requests."""

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts nothing."""


def make_workbench(
    settings: WorkbenchSettings, environment: Mapping[str, str] = os.environ, launcher: Launcher = launch
) -> Workbench:
    """What the pages work with.

    Raises:
        ConfigError: The token is missing or cannot be used.
        ModelError: Something that was named holds no model.
    """
    token = find_token(settings.web, environment, OPTIONS)
    models = ModelShelf(settings.device, settings.models, settings.runs)
    videos = VideoShelf(settings.folder / "videos")
    desk = DataDesk(settings.split, settings.folder, settings.data)
    # Of an earlier process that was killed while somebody sent a zip.
    shutil.rmtree(settings.folder / UPLOADS, ignore_errors=True)
    folders = RenewalFolders(settings.runs, settings.folder / "added", settings.folder / "packed")
    renewal = Renewal(desk, JobQueue(settings.folder / "jobs", launcher), folders)
    return Workbench(settings, Guard(token, cookie=COOKIE), models, UploadShelf(), videos, desk, renewal)


def make_app(bench: Workbench) -> FastAPI:
    """The application. The library of the pages has one for each process, so this is called once."""
    hosts = known_names(bench.settings.web)
    app = FastAPI(
        title="MaskGate workbench",
        version=version("maskgate"),
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.guard = bench.guard
    app.state.workbench = bench
    handle_problems(app)
    app.include_router(login.routes)
    routers = (api.routes, data_api.routes, jobs_api.routes)
    for router in routers:
        app.include_router(router)
    api.answer_all_else(app, routers)
    rendering.mount_files(app)
    app.mount("/workbench", StaticFiles(directory=HERE / "static"), name="workbench")
    for page in PAGES:
        page.add(bench)
    app.add_middleware(PageGuard, guard=bench.guard, hosts=hosts)
    app.add_middleware(
        RequestMiddleware,
        limits=RequestLimits(MOST_BODY_BYTES, BODY_S, hosts),
        rate=RateLimit(bench.settings.web.requests_per_s),
        metrics=_NoCounter(),
        headers=HEADERS,
    )
    page_library.timer(ADVANCE_S, lambda: _advance(bench))
    # After all else: what is mounted at / takes every path that is left.
    ui.run_with(
        app,
        title="MaskGate workbench",
        favicon=rendering.HERE / "static" / "icon.svg",
        dark=None,
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
        # Kept for a page that comes back; each may hold a picture.
        message_history_length=100,
    )
    return app


async def _advance(bench: Workbench) -> None:
    try:
        await asyncio.to_thread(bench.renewal.advance)
    except MaskGateError as error:
        # The disk is full; the page says so too.
        log.warning("the next job cannot be begun: %s", error)
