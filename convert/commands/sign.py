"""`maskgate-convert keygen`, `sign` and `verify`: who made a bundle."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edge import bundle
from edge.bundle import signature
from edge.cli.options import FILE
from edge.errors import ConfigError

VARIABLE = "MASKGATE_PASSPHRASE"
"""Environment variable that may hold the passphrase of a private key."""


def _takes_passphrase(command: Callable[..., None]) -> Callable[..., None]:
    file = click.option(
        "--passphrase-file",
        type=FILE,
        help=f"File with the key's passphrase; else ${VARIABLE}, else none.",
    )
    ask = click.option("--ask", is_flag=True, help="Ask for the passphrase.")
    return file(ask(command))


@click.command()
@click.argument("key", type=FILE)
@_takes_passphrase
def keygen(key: Path, passphrase_file: Path | None, ask: bool) -> None:
    """Makes a pair of keys: KEY, which signs and stays secret, and KEY.pub, which devices trust.

    Example: maskgate-convert keygen release.key
    """
    made = signature.make_key(key, _passphrase(passphrase_file, ask=ask, new=True))
    click.echo(f"{key} signs: keep it secret, and a copy in a safe place")
    click.echo(f"{signature.public_name(key)} verifies; a device trusts it with this in config.toml:")
    click.echo(f'[classifier]\ntrusted_keys = ["{made.text}"]')


@click.command()
@click.argument("path", metavar="BUNDLE", type=FILE)
@click.option("--key", required=True, type=FILE, help="Private key to sign with.")
@_takes_passphrase
def sign(path: Path, key: Path, passphrase_file: Path | None, ask: bool) -> None:
    """Signs BUNDLE, a directory or a packed one, in place.

    Example: maskgate-convert sign bundle.tar.gz --key release.key
    """
    private = signature.open_private(key, _passphrase(passphrase_file, ask=ask))
    with bundle.opened(path) as found:
        signer = signature.sign(found, private)
        # It was signed in a folder that is removed at the end of this block.
        if path.is_file():
            bundle.pack(found.path, path)
        click.echo(f"{path} ({found.name}) is signed with the key {signer.id}")


@click.command()
@click.argument("path", metavar="BUNDLE", type=FILE)
@click.option("--key", "keys", required=True, multiple=True, help="Public key: a file, or its base64.")
def verify(path: Path, keys: tuple[str, ...]) -> None:
    """Verifies BUNDLE, a directory or a packed one: every digest in it, and who signed it.

    Example: maskgate-convert verify bundle.tar.gz --key release.key.pub
    """
    trusted = [signature.open_public(key) for key in keys]
    with bundle.opened(path) as found:
        signer = signature.verify(found, trusted)
        click.echo(f"{path} ({found.name}) is whole and signed with the key {signer.id}")


def _passphrase(file: Path | None, *, ask: bool, new: bool = False) -> bytes:
    if ask:
        typed: Any = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new)
        return str(typed).encode()
    if file is None:
        return os.environ.get(VARIABLE, "").encode()
    try:
        # Editors end a file with a line break that is no part of the passphrase.
        return file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise ConfigError(f"the passphrase file {file} cannot be read: {error.strerror}") from None
