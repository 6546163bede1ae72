"""The table of sources: what each data set is called, where it comes from and under which licence.

A TOML file with a `[[source]]` table for each: `name` (of its folder), and where known `title`, `licence`
and `address`. A data set that the file does not name, and one without a licence, counts as "none stated".
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import ConfigError
from edge.system.parsing import parse_toml

NONE_STATED = "none stated"


class DataSource(BaseModel):
    """One source, as far as it is known.

    Attributes:
        name: Of the data set, as it stands in the keys of its faces.
        title: What its makers call it; its name where nothing is said.
        licence: Such as CC0-1.0.
        address: Where it can be had.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str = ""
    licence: str = NONE_STATED
    address: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    source: tuple[DataSource, ...] = ()


def load(files: Iterable[Path]) -> tuple[DataSource, ...]:
    """Reads tables of sources.

    Raises:
        ConfigError: One cannot be read, says something else, or names a source again.
    """
    found: dict[str, DataSource] = {}
    for file in files:
        for source in _read(file):
            if source.name in found:
                raise ConfigError(f"sources {file}: {source.name} is named twice; keep one of both")
            found[source.name] = source
    return tuple(found.values())


def _read(file: Path) -> tuple[DataSource, ...]:
    try:
        return _File.model_validate(parse_toml(file.read_text(encoding="utf-8-sig"))).source
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"sources {file} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"sources {file}: {where}: {first['msg']}") from None


def described(names: Iterable[str], known: Sequence[DataSource]) -> tuple[DataSource, ...]:
    """What is known of the sources of these names, in the order of names."""
    by_name = {source.name: source for source in known}
    return tuple(by_name.get(name) or DataSource(name=name) for name in sorted(set(names)))
