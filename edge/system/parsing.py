"""TOML and JSON that others wrote: what is nested too deeply is a text that is wrong, and no other error."""

from __future__ import annotations

import json
import tomllib
from typing import Any

TOO_DEEP = "it is nested too deeply"


def parse_toml(text: str) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        TOMLDecodeError: It is none, or is nested too deeply.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError(TOO_DEEP) from None


def parse_json(text: str | bytes) -> Any:
    """The content of a JSON file; None for what is no number, which Python would take.

    Raises:
        ValueError: It is none, or is nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
