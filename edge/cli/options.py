"""Options that several commands take."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from edge.config import Config, load_config, with_models
from edge.system.address import address_in
from edge.system.image_files import USUAL_MEGAPIXELS, picture_limit

SYSTEM_CONFIG = Path("/etc/maskgate/config.toml")
"""The configuration of the service on this device."""

LOCAL_CONFIG = Path("config.toml")
"""The configuration of whoever tries something in a folder of their own."""


def find_config_file(named: Path | None) -> Path:
    """The daemon's configuration: the one named, else that of the working directory, else the service's."""
    if named is None and not LOCAL_CONFIG.is_file() and SYSTEM_CONFIG.is_file():
        return SYSTEM_CONFIG
    return named or LOCAL_CONFIG


class FilePath(click.Path):
    """A path on the command line; an address in its place is refused, and nothing secret of it is said."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """The path.

        Raises:
            click.BadParameter: It is an address, or not what is wanted.
        """
        told = None if os.path.lexists(value) else address_in(os.fsdecode(value))
        if told is not None:
            self.fail(f"{told} is no file or folder; a camera is named in config.toml only", param, ctx)
        return super().convert(value, param, ctx)


EXISTING = FilePath(exists=True, path_type=Path)
FOLDER = FilePath(exists=True, file_okay=False, path_type=Path)
FILE = FilePath(path_type=Path)

config_option = click.option(
    "--config", type=FILE, help="Configuration file; unless given, no file is read and defaults hold."
)
config_file_option = click.option(
    "--config",
    "file",
    type=FILE,
    callback=lambda _context, _option, file: find_config_file(file),
    help=f"Configuration file; ./{LOCAL_CONFIG} unless given, else {SYSTEM_CONFIG}.",
)
bundle_option = click.option(
    "--bundle", type=FILE, help="Bundle (a directory, or packed) instead of the configured one."
)
detector_option = click.option(
    "--detector", type=FILE, help="Face detector (ONNX) instead of the configured one."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON for programs instead of a table.")
megapixels_option = click.option(
    "--max-megapixels",
    type=click.FloatRange(0, min_open=True),
    default=USUAL_MEGAPIXELS,
    show_default=True,
    expose_value=False,
    callback=lambda _context, _option, most: picture_limit.allow(most),
    help="Largest picture or video frame that is decoded.",
)
cache_option = click.option("--cache", type=FILE, help="Folder for decoded faces (the user's cache).")


def find_config(file: Path | None) -> Config:
    """The configuration for a tool of the service, which is the one that the daemon reads; else the defaults.

    Where the service and the working directory have one each, it is the service's: a file that lies about
    must not decide whose bundles root installs. That is told, since a daemon that is started here by hand
    reads the other.

    Raises:
        ConfigError: The file cannot be read, or has problems.
    """
    if file is None and SYSTEM_CONFIG.is_file():
        if LOCAL_CONFIG.is_file():
            click.echo(
                f"{SYSTEM_CONFIG} is read; for the one that is here add --config {LOCAL_CONFIG}", err=True
            )
        return load_config(SYSTEM_CONFIG)
    if file is None and LOCAL_CONFIG.is_file():
        file = LOCAL_CONFIG
    return load_config(file)


def service_config_option(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds --config, with a help text, to a command that gets a `Config` by `find_config` as `settings`."""
    return click.option(
        "--config",
        "settings",
        type=FILE,
        callback=lambda _context, _option, file: find_config(file),
        help=text,
    )


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the models and the picture limit to a command, which gets a `Config` as `settings`.

    Without --config these are the defaults, so that a command gives the same on every machine.
    """

    @bundle_option
    @detector_option
    @config_option
    @megapixels_option
    @wraps(command)
    def configured(*, config: Path | None, bundle: Path | None, detector: Path | None, **rest: Any) -> None:
        command(settings=with_models(load_config(config), bundle, detector), **rest)

    return configured
