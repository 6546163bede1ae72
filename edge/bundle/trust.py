"""Whether this device takes a bundle from whoever made it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.bundle.bundle import SHIPPED, Bundle, load

if TYPE_CHECKING:
    from edge.bundle.signature import Key


def check(bundle: Bundle, trusted: Sequence[str]) -> None:
    """Refuses what none of the trusted keys has signed; without any key nothing is refused.

    The bundle that lies in the package needs no signature: whoever can change it can change this code.

    Args:
        bundle: What is to be used.
        trusted: Public keys, each as base64 or as the path of a file.

    Raises:
        ModelError: The bundle is not signed, by somebody else, or was changed afterwards.
        ConfigError: A key cannot be read.
    """
    if not trusted or bundle.path.resolve() == SHIPPED.resolve():
        return
    from edge.bundle import signature  # noqa: PLC0415 - as below

    signature.verify(bundle, open_keys(trusted))


def open_keys(trusted: Sequence[str]) -> tuple[Key, ...]:
    """The public keys that a configuration names.

    Raises:
        ConfigError: One of them is none, or cannot be read.
    """
    if not trusted:
        return ()
    # Only where there are keys: the library behind this weighs 7 MB in memory.
    from edge.bundle import signature  # noqa: PLC0415

    return tuple(signature.open_public(key) for key in trusted)


def open_trusted(path: Path, trusted: Sequence[str]) -> Bundle:
    """A bundle that is whole and that this device takes.

    Raises:
        ModelError: It is damaged, or none of the trusted keys has signed it.
        ConfigError: A key cannot be read.
    """
    bundle = load(path)
    check(bundle, trusted)
    return bundle
