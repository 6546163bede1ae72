"""Who made a bundle: keys, signatures, and what a device makes of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge import bundle
from edge.bundle import signature
from edge.errors import ConfigError, ModelError
from tests.support import bundles


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The file of a private key; the public one is beside it."""
    signature.make_key(tmp_path / "key")
    return tmp_path / "key"


@pytest.fixture
def signed(tmp_path: Path, key: Path) -> Path:
    """A signed bundle."""
    directory = bundles.make(tmp_path / "made")
    signature.sign(bundle.load(directory), signature.open_private(key))
    return directory


def public(key: Path) -> signature.Key:
    return signature.open_public(str(signature.public_name(key)))


def test_a_signed_bundle_is_trusted(signed: Path, key: Path) -> None:
    """By the key that signed it, however that is given, among others."""
    by_file = public(key)
    by_text = signature.open_public(by_file.text)
    by_text_file = key.with_name("text")
    by_text_file.write_text(by_file.text + "\n")
    other = signature.make_key(key.with_name("other"))
    assert signature.verify(bundle.load(signed), [other, by_file]).id == by_file.id
    assert by_text.raw == by_file.raw == signature.open_public(str(by_text_file)).raw


def test_an_unsigned_bundle_is_refused(signed: Path, key: Path) -> None:
    """The sentence says what is missing."""
    (signed / bundle.SIGNATURE).unlink()
    with pytest.raises(ModelError, match="is not signed"):
        signature.verify(bundle.load(signed), [public(key)])


def test_somebody_elses_signature_is_refused(signed: Path, tmp_path: Path) -> None:
    """The sentence names the key that signed it."""
    other = signature.make_key(tmp_path / "other")
    with pytest.raises(ModelError, match=r"key [0-9a-f]{16}, which is not trusted here"):
        signature.verify(bundle.load(signed), [other])


def test_a_borrowed_key_name_does_not_help(signed: Path, key: Path, tmp_path: Path) -> None:
    """Another's signature under a trusted name."""
    signature.make_key(tmp_path / "other")
    forged = signature.sign(bundle.load(signed), signature.open_private(tmp_path / "other"))
    file = signed / bundle.SIGNATURE
    file.write_text(file.read_text().replace(forged.id, public(key).id))
    with pytest.raises(ModelError, match="does not fit the bundle"):
        signature.verify(bundle.load(signed), [public(key)])


def test_recomputed_digests_do_not_help(signed: Path, key: Path) -> None:
    """Every digest fits, the signature does not."""
    bundles.change(signed, resign=True, version="9.9")
    with pytest.raises(ModelError, match="does not fit the bundle: it was changed after"):
        signature.verify(bundle.load(signed), [public(key)])


def test_signing_twice_gives_the_same_bytes(signed: Path, key: Path) -> None:
    """Ed25519 takes no chance."""
    before = (signed / bundle.SIGNATURE).read_bytes()
    signature.sign(bundle.load(signed), signature.open_private(key))
    assert (signed / bundle.SIGNATURE).read_bytes() == before


def test_a_new_manifest_ends_a_signature(signed: Path) -> None:
    """It would never fit again."""
    bundles.make(signed, version="2.0")
    assert not (signed / bundle.SIGNATURE).exists()


def test_a_signature_travels_in_the_archive(signed: Path, key: Path, tmp_path: Path) -> None:
    """And is verified where it arrives."""
    bundle.pack(signed, tmp_path / "b.tar.gz")
    shutil.rmtree(signed)
    assert signature.verify(bundle.unpack(tmp_path / "b.tar.gz", tmp_path / "out"), [public(key)])


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 99_999, b"\xff", b'{"algorithm":"none"}'])
def test_what_is_no_signature_is_refused(signed: Path, key: Path, content: bytes) -> None:
    """In one sentence."""
    (signed / bundle.SIGNATURE).write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.sig"):
        signature.verify(bundle.load(signed), [public(key)])


def test_a_private_key_is_private(key: Path) -> None:
    """Nobody else may read it, and it is never overwritten."""
    assert key.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE KEY" in key.read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        signature.make_key(key)


def test_a_locked_key_takes_its_passphrase(tmp_path: Path) -> None:
    """And no other, nor none."""
    signature.make_key(tmp_path / "locked", b"sesame")
    signature.open_private(tmp_path / "locked", b"sesame")
    for wrong, sentence in ((b"", "is locked with a passphrase"), (b"simsim", "passphrase is wrong")):
        with pytest.raises(ConfigError, match=sentence):
            signature.open_private(tmp_path / "locked", wrong)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    """Public or private."""
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(ConfigError, match="is no public key"):
        signature.open_public(str(tmp_path / "k"))
    with pytest.raises(ConfigError, match="is no private key"):
        signature.open_private(tmp_path / "k")
    with pytest.raises(ConfigError, match="cannot be read"):
        signature.open_public(str(tmp_path / "none"))
