"""`maskgate-train workbench`: pages to look at data, try models, compare runs and start trainings."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from edge.cli.app import log_as_configured
from edge.cli.options import EXISTING, FILE, FOLDER, config_option, detector_option, megapixels_option
from edge.cli.output import progress
from edge.config import WebConfig, load_config, with_models
from edge.errors import MissingExtraError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from training.workbench.bench import Workbench, WorkbenchSettings

PORT = click.IntRange(1, 65_535)


@click.command()
@click.option("--data", multiple=True, type=FOLDER, help="Data set folder; may be given again.")
@click.option("--split", type=EXISTING, help="Split manifest of the data, from maskgate-train data.")
@click.option(
    "--runs", type=FILE, default=Path("runs"), show_default=True, help="Folder of all training runs."
)
@click.option("--bundle", "bundles", multiple=True, type=EXISTING, help="Bundle to try; may be given again.")
@click.option(
    "--run", "named_runs", multiple=True, type=EXISTING,
    help="Run folder or network to try, beside those in --runs; may be given again.",
)  # fmt: skip
@click.option(
    "--folder", type=FILE, default=Path("workbench"), show_default=True,
    help="Where the workbench keeps jobs, corrections and uploads.",
)  # fmt: skip
@click.option(
    "--inbox",
    type=FOLDER,
    help="Folder in which devices look for new bundles; the page Renew puts them there.",
)
@config_option
@detector_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8090, show_default=True, type=PORT, help="Port.")
@click.option("--token-file", type=FILE, help="File whose first line is the token that clients must give.")
@click.option("--cert-file", type=FILE, help="Certificate for HTTPS, with --key-file.")
@click.option("--key-file", type=FILE, help="Key of the certificate.")
@click.option(
    "--example", is_flag=True, help="Draw a small data set, train on it, and show that; it stays in --folder."
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser of this desktop.")
@megapixels_option
def workbench(
    data: tuple[Path, ...],
    split: Path | None,
    runs: Path,
    bundles: tuple[Path, ...],
    named_runs: tuple[Path, ...],
    folder: Path,
    inbox: Path | None,
    config: Path | None,
    detector: Path | None,
    host: str,
    port: int,
    token_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    example: bool,
    opens: bool,
) -> None:
    """Serve pages to look at data, try models on pictures, videos and a webcam, and compare runs.

    At 127.0.0.1 everybody on this machine gets in. Any other address needs a token: the first line of
    --token-file, or the systemd credential web-token.

    \b
    Examples:
      maskgate-train workbench --example --open
      maskgate-train workbench --data datasets --split split.json --runs runs
    """
    _require_extra()
    # Here and not above: help has to work without the packages of the extra.
    from training.workbench.app import make_app, make_workbench
    from training.workbench.bench import WorkbenchSettings

    if bool(cert_file) != bool(key_file):
        raise click.UsageError("--cert-file and --key-file belong together: give both, or neither")
    places = {"token_file": token_file, "cert_file": cert_file, "key_file": key_file}
    web = WebConfig(host=host, port=port, **{key: str(file) for key, file in places.items() if file})
    device = with_models(load_config(config), None, detector)
    # Every request would be a line at the level of a device.
    log_as_configured("warning")
    settings = WorkbenchSettings(device, web, runs, data, split, (*bundles, *named_runs), folder, inbox)
    bench = make_workbench(_with_example(settings) if example else settings)
    _serve(bench, make_app(bench), opens)


def _require_extra() -> None:
    """Insists on what the pages are made with, before its own words for what it lacks, which name no lock.

    Raises:
        MissingExtraError: It is not installed.
    """
    if find_spec("nicegui") is None:
        raise MissingExtraError("this command needs nicegui, which is not installed", "workbench")
    import jinja2  # noqa: F401 - what it needs beside the extra of the device's pages


def _with_example(settings: WorkbenchSettings) -> WorkbenchSettings:
    """The settings with the data and the runs of an example, which is made where it is not there yet."""
    from training.workbench.example import ExampleSite, steps

    site = ExampleSite(settings.folder / "example")
    site.folder.mkdir(parents=True, exist_ok=True)
    todo = steps(site)
    with progress("making an example", len(todo)) as bar:
        for step in todo:
            bar.describe(step.title)
            step.run()
            bar.advance()
    return replace(settings, data=site.data, split=site.split, runs=site.runs, more=site.more)


def _serve(bench: Workbench, app: FastAPI, opens: bool) -> None:
    from nicegui import app as page_library

    from edge.web.server import serve
    from training.workbench.app import OPTIONS

    web = bench.settings.web
    host = f"[{web.host}]" if ":" in web.host else web.host
    address = f"{'https' if web.cert_file else 'http'}://{host}:{web.port}/"
    click.echo(f"The workbench is at {address} and ends with Ctrl-C.", err=True)
    if opens:
        # Apart: a browser of the terminal would hold up the server until it ends.
        page_library.on_startup(Thread(target=webbrowser.open, args=(address,), daemon=True).start)
    serve(app, web, "websockets-sansio", OPTIONS)
