"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from edge.config import load_config, with_models

config_option = click.option(
    "--config", type=click.Path(path_type=Path), help="Configuration file; see the sample config.toml."
)
config_file_option = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    help="Configuration file; see the sample config.toml.",
)
bundle_option = click.option(
    "--bundle", type=click.Path(path_type=Path), help="Bundle directory instead of the configured one."
)
detector_option = click.option(
    "--detector", type=click.Path(path_type=Path), help="Face detector (ONNX) instead of the configured one."
)
json_option = click.option("--json", "as_json", is_flag=True, help="JSON for programs instead of a table.")


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Adds --config, --bundle and --detector to a command, which gets a `Config` as `settings`."""

    @bundle_option
    @detector_option
    @config_option
    @wraps(command)
    def configured(*, config: Path | None, bundle: Path | None, detector: Path | None, **rest: Any) -> None:
        command(settings=with_models(load_config(config), bundle, detector), **rest)

    return configured


EXISTING = click.Path(exists=True, path_type=Path)
FILE = click.Path(path_type=Path)

cache_option = click.option("--cache", type=FILE, help="Folder for decoded faces (the user's cache).")
