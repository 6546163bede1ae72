"""The password of a network camera comes from a file or a credential, and is told by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.camera import examine_source, open_source
from edge.camera.live import LiveSource
from edge.config import CameraConfig
from edge.errors import ConfigError
from edge.types import Blind
from tests.support.mosquitto import wait_until

PASSWORD = "Hun/ter#2?@[x]: 100%"
ENCODED = "Hun%2Fter%232%3F%40%5Bx%5D%3A%20100%25"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that OpenCV is given; none of them can be opened."""
    addresses: list[str] = []

    class Nobody:
        def isOpened(self) -> bool:  # noqa: N802 - as OpenCV has it
            return False

    def refuse(address: str, *arguments: object) -> Nobody:
        addresses.append(address)
        return Nobody()

    monkeypatch.setattr("cv2.VideoCapture", refuse)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return addresses


def reason(settings: CameraConfig, asked: list[str]) -> str:
    source = open_source(settings, 0.0, 320)
    assert isinstance(source, LiveSource)
    wait_until(lambda: len(asked) > 0)
    item = next(iter(source))
    source.close()
    assert isinstance(item, Blind)
    return item.reason


def test_a_file_holds_the_password(tmp_path: Path, asked: list[str]) -> None:
    """Whatever characters are in it; it stands in no sentence."""
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    told = reason(CameraConfig(source="rtsp://viewer@cam:554/live", password_file=str(file)), asked)
    assert asked[0] == f"rtsp://viewer:{ENCODED}@cam:554/live"
    assert told == "rtsp://cam cannot be reached, refuses, or gives no video"


def test_systemd_can_bring_the_password(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a user alone; an address with a password, or without a user, is left as it is."""
    (tmp_path / "camera-password").write_text("s3cret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for given, used in (
        ("rtsp://viewer@cam/live", "rtsp://viewer:s3cret@cam/live"),
        ("rtsp://viewer:own@cam/live", "rtsp://viewer:own@cam/live"),
        ("rtsp://viewer:@cam/live", "rtsp://viewer:@cam/live"),
        ("rtsp://cam/live", "rtsp://cam/live"),
        ("rtsp://me@home@cam/live", "rtsp://me@home:s3cret@cam/live"),
    ):
        asked.clear()
        reason(CameraConfig(source=given), asked)
        assert asked[0] == used


@pytest.mark.parametrize(
    "source", ["picamera2", "/dev/video0", "rtsp://cam/live", "rtsp://viewer:pw@cam/live", "clip.mp4"]
)
def test_a_password_for_nobody_is_refused(tmp_path: Path, source: str) -> None:
    """Half of a pair would be left out without a word."""
    file = tmp_path / "password"
    file.write_text("s3cret\n")
    settings = CameraConfig(source=source, password_file=str(file))
    for look in (examine_source, lambda settings: open_source(settings, 0.0, 320)):
        with pytest.raises(ConfigError, match=r"^camera\.password_file: ") as caught:
            look(settings)
        assert "s3cret" not in str(caught.value)


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The daemon does not start without it, as with the broker's."""
    settings = CameraConfig(source="rtsp://viewer@cam/live", password_file=str(tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"^camera\.password_file: .*none cannot be read"):
        open_source(settings, 0.0, 320)


def test_a_password_that_is_too_long_for_ffmpeg_is_refused(tmp_path: Path) -> None:
    """It would be cut, and the camera refuse; a check says so."""
    file = tmp_path / "password"
    file.write_text("x" * 130)
    settings = CameraConfig(source="rtsp://viewer@cam/live", password_file=str(file))
    with pytest.raises(ConfigError, match="too long"):
        examine_source(settings)
