"""Options and steps that several commands of `maskgate-convert` share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge import bundle
from edge.errors import ConfigError
from training.classifier.run import WEIGHTS


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
def open_bundle_path(path: Path) -> Iterator[bundle.Bundle]:
    """A bundle directory, or a packed bundle for as long as it is looked at."""
    if path.is_dir():
        yield bundle.load(path)
        return
    with bundle.unpacked(path) as unpacked:
        yield unpacked
