"""What a conversion has to keep to; `gates.toml` holds the defaults and explains each key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from edge.config import FrozenModel
from edge.errors import ConfigError
from edge.system.parsing import parse_toml

DEFAULT = Path(__file__).with_name("gates.toml")

Limit = Annotated[float, Field(ge=0)] | None


class Representative(FrozenModel):
    """How many crops set the ranges of an int8 model."""

    per_class: Annotated[int, Field(ge=1)]
    least: Annotated[int, Field(ge=1)]


class GateLimits(FrozenModel):
    """The worst value of each measure in `convert.parity.metrics` that passes; None insists on nothing."""

    agreement: Limit = None
    class_flips: Limit = None
    mean_difference: Limit = None
    largest_difference: Limit = None
    bare_shift: Limit = None
    kl: Limit = None
    macro_f1_loss: Limit = None
    clipped: Limit = None
    balance: Limit = None


class Gates(FrozenModel):
    """All of it."""

    representative: Representative
    parity: GateLimits


def load(file: Path = DEFAULT) -> Gates:
    """Reads a file of gates.

    Raises:
        ConfigError: It cannot be read or has a key or value that makes no sense.
    """
    try:
        return Gates.model_validate(parse_toml(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"gates {file} cannot be read: {error}") from None
    except ValidationError as error:
        problems = (f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        raise ConfigError(f"gates {file}: {'; '.join(problems)}") from None
