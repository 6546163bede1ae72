"""Who made a bundle: Ed25519 over the manifest's canonical digest, in `manifest.sig` beside it.

The digest covers every file of the bundle, so one short signature does as well.

Sources: RFC 8032 (Ed25519), RFC 5958 (PKCS #8 for private keys), RFC 8410 (their form for Ed25519).
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.bundle import files
from edge.bundle.bundle import SIGNATURE, Bundle
from edge.errors import ConfigError, ModelError, StorageError
from edge.system.files import write_atomic

ALGORITHM: Literal["ed25519"] = "ed25519"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=")
# A signature that the same key made for something else must not pass for one of a bundle.
_PURPOSE = b"maskgate bundle 1\n"
_MOST_BYTES = 64 * 1024


class _Signature(BaseModel):
    """What stands in `manifest.sig`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    algorithm: Literal["ed25519"] = ALGORITHM
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and what it is called in a signature: the first digits of its SHA-256."""

    public: Ed25519PublicKey

    @property
    def raw(self) -> bytes:
        """Its 32 bytes."""
        return self.public.public_bytes_raw()

    @property
    def text(self) -> str:
        """Base64, as it may stand in the configuration."""
        return base64.b64encode(self.raw).decode()

    @property
    def id(self) -> str:
        """What a signature calls it."""
        return hashlib.sha256(self.raw).hexdigest()[:16]


def make_key(file: Path, passphrase: bytes = b"") -> Key:
    """Makes a key pair: the private key in `file` (PEM, PKCS #8, 0600), the public one beside it.

    Raises:
        ConfigError: One of them exists, or cannot be written.
    """
    private = Ed25519PrivateKey.generate()
    wrap: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        wrap = serialization.BestAvailableEncryption(passphrase)
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, wrap)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public_file = public_name(file)
    # Before the private key is written, which would otherwise stand there alone.
    if public_file.exists():
        raise ConfigError(f"{public_file} exists already; choose another name")
    _write_new(file, pem, 0o600)
    _write_new(public_file, public, 0o644)
    return Key(private.public_key())


def public_name(file: Path) -> Path:
    """Where the public key of a private one stands."""
    return file.with_name(f"{file.name}.pub")


def _write_new(file: Path, content: bytes, mode: int) -> None:
    try:
        # With its mode from the start, so that nobody else can read the key even for a moment.
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(handle, "wb") as target:
            target.write(content)
    except FileExistsError:
        raise ConfigError(f"{file} exists already; a key is never overwritten") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None


def open_private(file: Path, passphrase: bytes = b"") -> Ed25519PrivateKey:
    """The private key in a file.

    Raises:
        ConfigError: It is no such key, or the passphrase is wrong or missing.
    """
    content = _read(file)
    try:
        key = serialization.load_pem_private_key(content, passphrase or None)
    except TypeError:
        has = "has no passphrase" if passphrase else "is locked with a passphrase"
        raise ConfigError(f"{file} {has}; see --passphrase-file") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{file} is no private key (PEM), or the passphrase is wrong") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{file} is no Ed25519 key; make one with maskgate-convert keygen")
    return key


def open_public(named: str) -> Key:
    """A public key, given as base64 or as a file that holds it as PEM or base64.

    Raises:
        ConfigError: It is neither.
    """
    if _BASE64.fullmatch(named):
        return Key(Ed25519PublicKey.from_public_bytes(base64.b64decode(named)))
    # An editor may have put a byte order mark before the text.
    content = _read(Path(named)).removeprefix(codecs.BOM_UTF8)
    text = content.decode("ascii", "replace").strip()
    if _BASE64.fullmatch(text):
        return Key(Ed25519PublicKey.from_public_bytes(base64.b64decode(text)))
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{named} is no public key: neither PEM nor 32 bytes as base64") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{named} is no Ed25519 key")
    return Key(key)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(_MOST_BYTES)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the key {file} cannot be read: {getattr(error, 'strerror', error)}") from None


def sign(bundle: Bundle, private: Ed25519PrivateKey) -> Key:
    """Writes `manifest.sig` into a bundle directory; the same key and bundle give the same bytes."""
    key = Key(private.public_key())
    signature = base64.b64encode(private.sign(_message(bundle))).decode()
    text = _Signature(key=key.id, signature=signature).model_dump_json(indent=2)
    file = bundle.path / SIGNATURE
    try:
        write_atomic(file, f"{text}\n".encode())
    except StorageError as error:
        raise ModelError(f"{file} cannot be written: {error.strerror}") from None
    return key


def verify(bundle: Bundle, keys: Sequence[Key]) -> Key:
    """The key that signed a bundle, out of those that are trusted.

    Raises:
        ModelError: It is not signed, by somebody else, or the signature belongs to another manifest.
    """
    file = bundle.path / SIGNATURE
    # A link that leads nowhere is not the same as no signature.
    if not file.exists() and not file.is_symlink():
        raise ModelError(f"{bundle.path} is not signed, and this device takes signed bundles only")
    named, signature = _parse(file)
    key = next((key for key in keys if key.id == named), None)
    if key is None:
        raise ModelError(f"{bundle.path} is signed with the key {named}, which is not trusted here")
    try:
        key.public.verify(signature, _message(bundle))
    except InvalidSignature:
        raise ModelError(f"{file} does not fit the bundle: it was changed after {named} signed it") from None
    return key


def _parse(file: Path) -> tuple[str, bytes]:
    """Key and signature in the file."""
    try:
        found = _Signature.model_validate_json(files.content(file, _MOST_BYTES))
    except ValidationError:
        raise ModelError(f"{file} is no signature of a bundle; have the bundle signed again") from None
    return found.key, base64.b64decode(found.signature)


def _message(bundle: Bundle) -> bytes:
    return _PURPOSE + bundle.manifest.digest.encode()
