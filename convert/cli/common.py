"""Options and steps that several commands of `maskgate-convert` share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from edge import bundle
from edge.errors import ConfigError
from training.cli.common import EXISTING, FILE, cache_option, json_option
from training.runs import WEIGHTS

__all__ = [
    "EXISTING",
    "FILE",
    "cache_option",
    "float_model",
    "gates_option",
    "json_option",
    "opened",
    "steps",
]

gates_option = click.option(
    "--gates", type=EXISTING, help="TOML file of limits instead of the package's convert/gates.toml."
)


def float_model(path: Path) -> Path:
    """The Keras file that a path names: itself, or the one in a run folder.

    Raises:
        ConfigError: There is none.
    """
    file = path / WEIGHTS if path.is_dir() else path
    if not file.is_file():
        raise ConfigError(f"{file} does not exist; name a run folder, or a .keras or .h5 file")
    return file


@contextmanager
def opened(path: Path) -> Iterator[bundle.Bundle]:
    """A bundle directory, or a packed bundle for as long as it is looked at."""
    if path.is_dir():
        yield bundle.load(path)
        return
    with bundle.unpacked(path) as unpacked:
        yield unpacked


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Shows on a terminal which step runs, and for how long; elsewhere nothing."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda words: bar.update(task, description=words)
