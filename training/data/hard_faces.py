"""The file of weights of faces that an earlier round of training got wrong, by key: a JSON object."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from edge.errors import ConfigError
from edge.system import files
from edge.system.parsing import parse_json


def save(weights: Mapping[str, float], file: Path) -> None:
    """Writes weights by key in one piece.

    Raises:
        StorageError: They cannot be written.
    """
    files.write_atomic(file, (json.dumps(dict(weights), indent=1) + "\n").encode())


def load(file: Path) -> dict[str, float]:
    """Reads weights by key; a face that is not named weighs 1.

    Raises:
        ConfigError: The file cannot be read, or holds something else than numbers above 0.
    """
    try:
        raw = parse_json(file.read_text(encoding="utf-8-sig"))
        weights = {str(key): float(value) for key, value in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"hard faces {file} cannot be read: {error}; make the file with maskgate-train folds"
        ) from None
    for key, value in weights.items():
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"hard faces {file}: {key} weighs {value}; write a number above 0")
    return weights
