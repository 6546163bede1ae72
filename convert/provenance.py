"""Licence of a bundle, and where its data came from: for those who judge whether they may use it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from edge import bundle
from edge.errors import ConfigError


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    licence: str = ""
    data: tuple[bundle.Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """The licence of the model, and the sources of its data with theirs."""

    licence: str = ""
    data: tuple[bundle.Source, ...] = ()

    def or_of(self, directory: Path) -> Provenance:
        """This one, or where it says nothing that of the bundle in a directory, if there is one."""
        if self != Provenance() or not (directory / bundle.MANIFEST).exists():
            return self
        manifest = bundle.load(directory).manifest
        return Provenance(manifest.licence, manifest.data)

    def fields(self) -> dict[str, Any]:
        """As the manifest takes it."""
        return {"licence": self.licence, "data": [source.model_dump() for source in self.data]}


def load(file: Path) -> Provenance:
    """Reads a TOML file with `licence` and `[[data]]` tables of `name`, `licence` and `address`.

    Raises:
        ConfigError: It cannot be read or says something else.
    """
    try:
        raw = _File.model_validate(tomllib.loads(file.read_text()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"provenance {file} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"provenance {file}: {where}: {first['msg']}") from None
    return Provenance(raw.licence, raw.data)
