"""Where a bundle comes from: its version, its training run, its data, and the tools that made it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from edge.bundle.manifest import VERSION
from edge.errors import ConfigError

TOOLS = ("maskgate", "tensorflow", "tensorflow-cpu", "keras", "ai-edge-litert", "numpy")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a bundle comes from, as its manifest tells; without a version it gets a development version.

    Raises:
        ConfigError: The version has no place in an order.
    """

    version: str
    run: str
    fingerprint: str

    def __post_init__(self) -> None:
        """Checks the version."""
        if not self.version:
            object.__setattr__(self, "version", development_version(self.run))
        if not re.fullmatch(VERSION, self.version):
            raise ConfigError(f"{self.version!r} is no version of a bundle; write one such as 1.2.0")


def development_version(run: str) -> str:
    """A version that is older than any release, named after a run: 0.dev0+20250101.120000.default."""
    local = ".".join(re.findall(r"[a-z0-9]+", run.lower()))[:40].strip(".")
    return f"0.dev0+{local}" if local else "0.dev0"


def tools() -> dict[str, str]:
    """The versions of the packages that a conversion depends on, as far as they are installed."""
    found = {}
    for name in TOOLS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
