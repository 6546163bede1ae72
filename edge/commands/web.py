"""`maskgate web`: the options; pages and API need the packages of an extra."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from edge.cli.app import log_as_configured
from edge.cli.options import bundle_option, config_file_option, detector_option
from edge.commands.common import usable_models
from edge.config import Config, WebConfig, load, with_models


@click.command()
@config_file_option
@bundle_option
@detector_option
@click.option(
    "--demo", is_flag=True, help="Play the built-in clip over and over; no configuration is needed."
)
@click.option("--host", help="Address to listen at instead of the configured one.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port instead of the configured one.")
def web(
    file: Path, bundle: Path | None, detector: Path | None, demo: bool, host: str | None, port: int | None
) -> None:
    """Serve the status page and the HTTP API.

    \b
    Examples:
      maskgate web --demo
      maskgate web --config /etc/maskgate/config.toml
      curl -F file=@photo.jpg http://127.0.0.1:8080/api/predict
    """
    # Here and not above: help has to work without the packages of the extra.
    from edge.web.app import make_app, make_services
    from edge.web.server import serve

    # Before anything is started that has to be ended.
    _obey_signals()
    with (
        _demo_device() if demo else _configured(file) as loaded,
        usable_models(with_models(loaded, bundle, detector)) as usable,
    ):
        config = _with_address(usable, host, port)
        log_as_configured(config.log.level)
        services = make_services(config, os.environ)
        scheme = "https" if config.web.cert_file else "http"
        click.echo(f"The page is at {scheme}://{_printed(config.web)}/ and ends with Ctrl-C.", err=True)
        serve(make_app(config.web, services), config.web, on_stop=services.monitor.close)


def _obey_signals() -> None:
    signal.signal(signal.SIGTERM, _leave)
    # The end of the terminal ends it likewise, unless that is to be ignored (nohup).
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _leave(_signal: int, _frame: object) -> NoReturn:
    """Ends the program in the ordinary way: uvicorn stops, and raises the signal once more."""
    raise SystemExit(0)


@contextmanager
def _configured(file: Path) -> Iterator[Config]:
    yield load(file)


@contextmanager
def _demo_device() -> Iterator[Config]:
    from edge.web.demo import demo_device

    with demo_device() as config:
        yield config


def _with_address(config: Config, host: str | None, port: int | None) -> Config:
    given = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    # Checked anew: a name or number of the command line is as good as one of the file.
    settings = WebConfig.model_validate({**config.web.model_dump(), **given})
    return config.model_copy(update={"web": settings})


def _printed(config: WebConfig) -> str:
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"{host}:{config.port}"
