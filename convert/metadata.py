"""What a manifest states of a bundle's origin: version, run, data, tools, licence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from edge import bundle
from edge.bundle.manifest import VERSION
from edge.errors import ConfigError
from edge.system.parsing import parse_toml
from training.data.sources import DataSource
from training.framework import installed_versions

TOOLS = ("maskgate", "tensorflow", "tensorflow-cpu", "keras", "ai-edge-litert", "numpy")


@dataclass(frozen=True, slots=True)
class BundleOrigin:
    """Where a bundle comes from, as its manifest states; without a version it gets a development version.

    Raises:
        ConfigError: The version has no place in an order.
    """

    version: str
    run: str
    fingerprint: str

    def __post_init__(self) -> None:
        """Checks the version."""
        if not self.version:
            # The class is frozen, and this default depends on another field.
            object.__setattr__(self, "version", development_version(self.run))
        if not re.fullmatch(VERSION, self.version):
            raise ConfigError(f"{self.version!r} is no version of a bundle; write one such as 1.2.0")


def development_version(run: str) -> str:
    """A version named after a run, such as 0.3.1.dev0+20250101.120000.default.

    It is higher than that of the bundle in the package, and lower than the next release of it: a device
    that has the package takes it. That of a later run is higher, since the names of runs begin with time.
    """
    *first, last = bundle.load(bundle.SHIPPED).manifest.order.release
    coming = ".".join(map(str, (*first, last + 1)))
    # PEP 440 allows letters and digits there, with single dots between them.
    local = ".".join(re.findall(r"[a-z0-9]+", run.lower()))[:40].strip(".")
    return f"{coming}.dev0+{local}" if local else f"{coming}.dev0"


def tools() -> dict[str, str]:
    """The versions of the packages that a conversion depends on, as far as they are installed."""
    return installed_versions(TOOLS)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    licence: str = ""
    data: tuple[bundle.Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """The licence of the model, and the sources of its data with theirs."""

    licence: str = ""
    data: tuple[bundle.Source, ...] = ()

    def with_sources(self, sources: Iterable[DataSource]) -> Provenance:
        """With the sources of a split that are not named already; those without a name are left out."""
        named = {one.name for one in self.data}
        more = tuple(
            bundle.Source(name=source.title or source.name, licence=source.licence, address=source.address)
            for source in sources
            if source.name and not named & {source.name, source.title}
        )
        return Provenance(self.licence, (*self.data, *more))

    def or_of(self, directory: Path) -> Provenance:
        """This one; where it names no licence, that of the bundle in a directory, if there is one.

        Where it names no sources either, they are the bundle's, too.
        """
        if self.licence or not (directory / bundle.MANIFEST).exists():
            return self
        manifest = bundle.load(directory).manifest
        return Provenance(manifest.licence, self.data or manifest.data)

    def fields(self) -> dict[str, Any]:
        """As the manifest takes it."""
        return {"licence": self.licence, "data": [source.model_dump() for source in self.data]}


def load_provenance(file: Path) -> Provenance:
    """Reads a TOML file with `licence` and `[[data]]` tables of `name`, `licence` and `address`.

    Raises:
        ConfigError: It cannot be read or says something else.
    """
    try:
        raw = _File.model_validate(parse_toml(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"provenance {file} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"provenance {file}: {where}: {first['msg']}") from None
    return Provenance(raw.licence, raw.data)
