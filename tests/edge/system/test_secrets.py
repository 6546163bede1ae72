"""Passwords from files and from the service's credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError
from edge.system import secrets
from edge.system.secrets import as_service, find_credential, first_line


def test_the_first_line_of_a_file_is_the_password(tmp_path: Path) -> None:
    """Without its end, whatever that is, and without a byte order mark."""
    file = tmp_path / "password"
    for content in (
        b"s3cret phrase",
        b"s3cret phrase\n",
        b"s3cret phrase\r\nmore",
        b"\xef\xbb\xbfs3cret phrase\n",
    ):
        file.write_bytes(content)
        assert first_line(file) == "s3cret phrase"


@pytest.mark.parametrize("content", [None, b"", b"\nsecond", b"s3cret\xff"])
def test_a_file_without_a_password_is_named(tmp_path: Path, content: bytes | None) -> None:
    """The sentence holds nothing that is in it."""
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"^{file} ") as caught:
        first_line(file)
    assert "s3cret" not in str(caught.value)


def test_a_credential_is_where_systemd_says(tmp_path: Path) -> None:
    """And nowhere else: without a service there is none."""
    assert find_credential("mqtt-password", {}) is None
    assert find_credential("mqtt-password", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) is None
    (tmp_path / "mqtt-password").write_text("s3cret\n")
    assert (
        find_credential("mqtt-password", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
        == tmp_path / "mqtt-password"
    )


def test_a_look_before_the_start_sees_the_credential_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """systemd brings it to the service; what is in the environment already is not touched."""
    monkeypatch.setattr(secrets, "CREDENTIAL_STORES", (str(tmp_path / "none"), str(tmp_path)))
    assert as_service("mqtt-password", {"A": "b"}) == {"A": "b"}
    (tmp_path / "mqtt-password").write_text("s3cret\n")
    assert find_credential("mqtt-password", as_service("mqtt-password", {})) == tmp_path / "mqtt-password"
    given = {"CREDENTIALS_DIRECTORY": "/elsewhere"}
    assert as_service("mqtt-password", given) == given
