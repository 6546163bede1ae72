"""The application: routes, limits and services put together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path

from anyio import CapacityLimiter
from fastapi import FastAPI

from edge.config import Config, WebConfig
from edge.daemon.factory import open_bundle, open_vision
from edge.spool.control.client import SpoolClient
from edge.spool.records import limits_of
from edge.web import api, commission_api, login, pages, rendering, view_api
from edge.web.api import WebServices
from edge.web.auth import Guard, find_token
from edge.web.commission import Commission
from edge.web.device import DeviceMonitor
from edge.web.event_feed import EventFeed
from edge.web.hours import HourCounts
from edge.web.metrics import WebMetrics
from edge.web.middleware import BODY_S, RequestLimits, RequestMiddleware, known_names
from edge.web.prediction import Predictor
from edge.web.problems import ProblemDetails, handle_problems, responses
from edge.web.shared_view import SharedView
from edge.web.throttle import RateLimit


def make_services(config: Config, environment: Mapping[str, str]) -> WebServices:
    """Opens models and spool.

    Raises:
        ConfigError: The token is missing or cannot be used.
        ModelError: The bundle or the detector cannot be used.
    """
    guard = Guard(find_token(config.web, environment))
    bundle = open_bundle(config)
    predictor = Predictor(lambda: open_vision(config, bundle), config.web.threads)
    client = SpoolClient(Path(config.spool.path), limits_of(config.spool))
    return WebServices(
        guard=guard,
        predictor=predictor,
        bundle=bundle,
        client=client,
        monitor=DeviceMonitor(client),
        metrics=WebMetrics(bundle.manifest.version),
        judging=CapacityLimiter(config.web.threads),
        sends=config.mqtt.enabled,
        feed=EventFeed(client),
        hours=HourCounts(client),
        live_view=config.web.live_view,
        view=SharedView(client),
        commission=Commission(config, client),
    )


def make_app(config: WebConfig, services: WebServices) -> FastAPI:
    """The application; its services are closed by their owner."""
    app = FastAPI(
        title="MaskGate",
        version=version("maskgate"),
        description="Judges pictures, and tells what the device at the entrance sees.",
        openapi_url="/api/openapi.json",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=_watch_device,
    )
    app.state.services = services
    app.state.guard = services.guard
    handle_problems(app)
    for router in (api.open_routes, api.routes, view_api.routes, commission_api.routes, api.metric_routes):
        app.include_router(router)
    for router in (pages.routes, login.routes):
        app.include_router(router)
    rendering.mount_files(app)
    app.add_middleware(
        RequestMiddleware,
        limits=RequestLimits(config.max_upload_mib << 20, BODY_S, known_names(config)),
        rate=RateLimit(config.requests_per_s),
        metrics=services.metrics,
    )
    _describe_problems(app)
    return app


@contextlib.asynccontextmanager
async def _watch_device(app: FastAPI) -> AsyncIterator[None]:
    services: WebServices = app.state.services
    await services.monitor.refresh()
    watching = asyncio.create_task(services.monitor.run())
    yield
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


def _describe_problems(app: FastAPI) -> None:
    """Puts `ProblemDetails` into the description, which the routes refer to."""
    document = app.openapi()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            found = operation["responses"].get("422", {})
            if "HTTPValidationError" in str(found):
                operation["responses"]["422"] = responses(HTTPStatus.UNPROCESSABLE_ENTITY)[422]
