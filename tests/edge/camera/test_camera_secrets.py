"""Of a camera's address scheme and host are told, and nothing else, wherever it comes up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.camera import examine_source, open_source
from edge.camera.live import LiveSource
from edge.config import CameraConfig, Config, load
from edge.errors import ConfigError, SourceError
from edge.types import Blind
from tests.support.matroska import write_matroska
from tests.support.mosquitto import Mosquitto, Subscriber

SECRET = "Hunter2"
SLIPS = [
    f"rtsp:/viewer:{SECRET}@cam/live",
    f"rtsp//viewer:{SECRET}@cam/live",
    f"rstp:/cam/{SECRET}",
    f"viewer:{SECRET}@cam/live",
    f" rtsp:/viewer:{SECRET}@cam",
    f"rtsp:\\\\cam\\{SECRET}",
    f"http:/cam/live?password={SECRET}",
]
REFUSED = [
    f"rstp://viewer:{SECRET}@cam/live",
    f"http://viewer:{SECRET}@cam/live",
    f" rtsp://viewer:{SECRET}@cam/live",
]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_an_address_is_not_told_as_a_path(slip: str) -> None:
    """Nothing is at such a path, and the sentence shows how an address looks instead of this one."""
    with pytest.raises(SourceError, match="rtsp://USER:PASSWORD@HOST/PATH") as caught:
        open_source(CameraConfig(source=slip), 0.0, 320)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_recording_with_the_name_of_an_address_is_played(tmp_path: Path) -> None:
    """What is there is a file, whatever it is called."""
    file = write_matroska(tmp_path / "me@home?.mkv", [0.0, 0.1], ends=0.2)
    assert len(list(open_source(CameraConfig(source=str(file), pace="fast"), 0.0, 320))) == 2


@pytest.mark.parametrize("source", REFUSED)
def test_a_configuration_with_an_address_that_cannot_be_used_is_refused_without_it(
    tmp_path: Path, source: str
) -> None:
    """Neither the sentence nor the error of the library behind it holds what was given."""
    file = tmp_path / "config.toml"
    file.write_text(f"[camera]\nsource = {json.dumps(source)}\n")
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert str(caught.value).startswith("camera.source: ")
    assert SECRET not in str(caught.value)
    with pytest.raises(ValidationError) as raw:
        Config.model_validate({"camera": {"source": source}})
    assert SECRET not in str(raw.value)


@pytest.mark.parametrize("address", [f"rtsp://viewer:{SECRET}/1@cam/live", f"rtsp://viewer:{SECRET}"])
def test_a_camera_with_an_address_that_cannot_be_used_is_blind_and_says_why(address: str) -> None:
    """As with every camera that is not there; `examine_source` refuses it, so that `maskgate check` does."""
    settings = CameraConfig(source=address, retry_s=0.01)
    source = open_source(settings, 0.0, 320)
    reasons = [item.reason for item, _ in zip(source, range(3), strict=False) if isinstance(item, Blind)]
    source.close()
    assert reasons[-1].startswith("camera.source failed: the address ")
    assert not any(SECRET in reason or "viewer" in reason for reason in reasons)
    with pytest.raises(ConfigError, match=r"^the address"):
        examine_source(settings)


def test_a_configuration_does_not_show_the_address() -> None:
    """As it would where it is logged or part of an error."""
    assert SECRET not in repr(Config(camera=CameraConfig(source=f"rtsp://viewer:{SECRET}@cam/live")))


@pytest.mark.parametrize("password", [SECRET, f"{SECRET}]", f"[{SECRET}", f"{SECRET}@x", f"%2F{SECRET}"])
def test_a_camera_that_fails_in_any_way_is_told_by_scheme_and_host(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """A library may raise what it likes, with the address in its text."""

    def fail(*arguments: object) -> None:
        raise ValueError(f"{arguments}")

    monkeypatch.setattr("cv2.VideoCapture", fail)
    settings = CameraConfig(
        source=f"rtsp://viewer:{password}@cam:8554/live/{SECRET}?t={SECRET}", retry_s=0.01
    )
    source = open_source(settings, 0.0, 320)
    assert isinstance(source, LiveSource)
    reasons = [item.reason for item, _ in zip(source, range(2), strict=False) if isinstance(item, Blind)]
    source.close()
    assert all(reason.startswith("rtsp://cam ") for reason in reasons)
    assert not any(SECRET in reason or "viewer" in reason or "8554" in reason for reason in reasons)


@pytest.mark.broker
@pytest.mark.parametrize("password", [f"{SECRET}]x", f"{SECRET}:[", f"{SECRET}@@"])
def test_neither_log_nor_retained_state_holds_a_password(
    tmp_path: Path, broker: Mosquitto, password: str
) -> None:
    """The daemon stays blind, and says why by scheme and host; brackets do not end it."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'[camera]\nsource = "rtsp://viewer:{password}@127.0.0.1:9/{SECRET}?{SECRET}"\n'
        f'[lamp]\nkind = "none"\n[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
        f'[spool]\npath = "{tmp_path / "spool.db"}"\n[log]\nlevel = "debug"\n'
    )
    command = [sys.executable, "-m", "edge", "run", "--config", str(file)]
    with (
        Subscriber(broker.port) as subscriber,
        subprocess.Popen(
            command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as daemon,
    ):
        try:
            subscriber.wait(lambda: any("cannot be reached" in reason for reason in reasons_of(subscriber)))
            daemon.send_signal(signal.SIGTERM)
            out, _ = daemon.communicate(timeout=60)
        finally:
            daemon.kill()
    assert daemon.returncode == 0
    assert "rtsp://127.0.0.1 cannot be reached" in out
    told = out + "".join(message.payload.decode() for message in subscriber.messages)
    assert SECRET not in told
    assert "viewer" not in told


def reasons_of(subscriber: Subscriber) -> list[str]:
    return [message.json()["reason"] for message in subscriber.named("state")]


@pytest.mark.parametrize("name", ["~clip.mkv", "~nobody-has-this-name/clip.mkv"])
def test_a_name_with_a_tilde_is_played_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A backup, say; a tilde means a user's folder only where there is such a user and no such file."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    write_matroska(file, [0.0, 0.1], ends=0.2)
    assert len(list(open_source(CameraConfig(source=name, pace="fast"), 0.0, 320))) == 2


def test_a_tilde_is_the_folder_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a tilde of nobody leads nowhere, which is one sentence."""
    monkeypatch.setenv("HOME", str(tmp_path))
    write_matroska(tmp_path / "clip.mkv", [0.0], ends=0.1)
    assert len(list(open_source(CameraConfig(source="~/clip.mkv", pace="fast"), 0.0, 320))) == 1
    with pytest.raises(SourceError, match=r"~nobody-has-this-name/clip\.mkv does not exist"):
        open_source(CameraConfig(source="~nobody-has-this-name/clip.mkv"), 0.0, 320)
