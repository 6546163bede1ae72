"""Options and steps that several commands of `maskgate-convert` share."""

from __future__ import annotations

from pathlib import Path

from edge.errors import ConfigError
from training.classifier.run import WEIGHTS


def float_model(path: Path) -> Path:
    """The Keras file that a path names: itself, or the one in a run folder.

    Raises:
        ConfigError: There is none.
    """
    if (path / "saved_model.pb").exists():
        raise ConfigError(
            f"{path} is a SavedModel, which Keras 3 does not open; save it as HDF5 with the Keras that wrote "
            f"it: keras.models.load_model('{path.name}').save('model.h5')"
        )
    file = path / WEIGHTS if path.is_dir() else path
    if not file.is_file():
        raise ConfigError(f"{file} does not exist; name a run folder, or a .keras or .h5 file")
    return file
