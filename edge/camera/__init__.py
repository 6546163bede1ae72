"""Where frames come from: recordings and image folders, USB and network cameras, the Pi's own."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.camera.images import ImageReader, OnSkip, log_skip
from edge.camera.live import Camera, LiveSource, Timeouts, leave
from edge.camera.picamera2 import PiCamera, require_package
from edge.camera.recording import FrameReader, Playback, Recording, RepeatedReader, VideoReader
from edge.camera.video_capture import open_rtsp, open_usb
from edge.config import CameraConfig as Settings
from edge.errors import ConfigError, SourceError
from edge.pipeline.ports import FrameSource
from edge.system.address import StreamAddress, has_user_alone, is_stream, looks_like_address, with_password
from edge.system.clock import Clock, SystemClock
from edge.system.image_files import IMAGE_SUFFIXES, read_image
from edge.system.native_output import prepare_opencv
from edge.system.secrets import as_service, find_credential, first_line

__all__ = [
    "IMAGE_SUFFIXES",
    "connect_source",
    "examine_source",
    "leave",
    "open_recording",
    "open_source",
    "read_image",
]

CREDENTIAL = "camera-password"
"""Name of the systemd credential that may hold the password of a network camera."""

STREAM_SAME_S = 10.0
"""A network camera may say for so long that nothing has changed: its encoder takes noise away."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveCamera:
    """A camera that is not open yet: its name for people, and what opens it."""

    name: str
    open: Callable[[], Camera]


def open_source(
    settings: Settings, start_wall: float, preview_side: int, clock: Clock | None = None
) -> FrameSource:
    """Opens the source that the configuration names.

    Args:
        settings: The camera section of the configuration.
        start_wall: Unix time of a recording's first moment; live sources have their own.
        preview_side: Long side in pixels of the preview that a Pi camera makes: what the detector
            scales frames down to.
        clock: The clocks to go by.

    Raises:
        SourceError: A recording cannot be read, or the source is of no known kind. A camera that is
            not there raises nothing: its source yields `Blind` until it comes.
        MissingPackageError: What the camera needs is not installed.
    """
    clock = clock or SystemClock()
    camera = _live_camera(settings, preview_side, clock, os.environ)
    if camera is None:
        return _open_played(settings, start_wall, clock)
    same_s = STREAM_SAME_S if is_stream(settings.source) else 0.0
    timeouts = Timeouts(settings.max_age_s, settings.retry_s, same_s=same_s)
    return LiveSource(camera.name, camera.open, timeouts, clock)


def examine_source(settings: Settings) -> None:
    """Raises what `open_source` would, and what would keep a camera away for ever; opens no camera.

    Raises:
        SourceError: What is configured cannot be opened.
        MissingPackageError: What the camera needs is not installed.
        ConfigError: Its address cannot be used.
    """
    environment = as_service(CREDENTIAL, os.environ)
    if is_stream(settings.source):
        StreamAddress.parse(_address(settings, environment))
    if _live_camera(settings, 0, SystemClock(), environment) is None:
        open_recording(settings, 0.0).close()


def connect_source(settings: Settings, preview_side: int) -> None:
    """Takes one picture from the camera that the configuration names, or one frame of its recording.

    Raises:
        SourceError: It cannot be opened, or gives none.
    """
    camera = _live_camera(settings, preview_side, SystemClock(), as_service(CREDENTIAL, os.environ))
    if camera is None:
        return examine_source(settings)
    opened = camera.open()
    try:
        opened.capture(None)
    finally:
        opened.close()
    return None


def _live_camera(
    settings: Settings, preview_side: int, clock: Clock, environment: Mapping[str, str]
) -> LiveCamera | None:
    """The camera that is named, None where it is something else.

    Raises:
        MissingPackageError: What it needs is not installed.
        ConfigError: Its password cannot be read, or is for nobody.
    """
    prepare_opencv()
    source = _address(settings, environment)
    if match := re.fullmatch(r"picamera2(?::(\d+))?", source):
        require_package()
        index = int(match[1] or 0)
        return LiveCamera(f"camera {index}", lambda: PiCamera(index, settings, preview_side, clock))
    if source.isdecimal() or source.startswith("/dev/"):
        device = f"/dev/video{source}" if source.isdecimal() else source
        return LiveCamera(device, lambda: open_usb(device, settings, clock))
    if is_stream(source):
        return LiveCamera(_told(source), lambda: open_rtsp(source, settings, clock))
    return None


def _address(settings: Settings, environment: Mapping[str, str]) -> str:
    """The source; where that is an address with a user alone, with the password of its file or credential.

    Raises:
        ConfigError: The password cannot be read, or is for nobody.
    """
    source, named = settings.source, settings.password_file
    if not has_user_alone(source):
        if named:
            raise ConfigError(
                "camera.password_file: it is for an address with a user and no password, such as "
                "rtsp://user@host/path, in camera.source"
            )
        return source
    file = Path(named) if named else find_credential(CREDENTIAL, environment)
    try:
        return source if file is None else with_password(source, first_line(file))
    except ConfigError as error:
        raise ConfigError(f"camera.password_file: {error}") from None


def _told(address: str) -> str:
    """A network camera's name for people; one whose address cannot be used has none."""
    try:
        return str(StreamAddress.parse(address))
    except ConfigError:
        return "camera.source"


def _open_played(settings: Settings, start_wall: float, clock: Clock) -> Recording:
    """A recording in the place of a camera, which may begin anew."""
    if not settings.repeat:
        return open_recording(settings, start_wall, clock)
    reader = RepeatedReader(lambda: _open_reader(settings))
    return Recording(reader, _playback(settings, start_wall), clock)


def open_recording(
    settings: Settings, start_wall: float, clock: Clock | None = None, on_skip: OnSkip = log_skip
) -> Recording:
    """Opens a video, a GIF, an image or a folder of images, to be read once; never a camera.

    Args:
        settings: The camera section of the configuration.
        start_wall: Unix time of the recording's first moment.
        clock: The clocks to go by.
        on_skip: Is told of each picture of a folder that cannot be read.

    Raises:
        SourceError: It cannot be read.
    """
    playback = _playback(settings, start_wall)
    return Recording(_open_reader(settings, on_skip), playback, clock or SystemClock())


def _playback(settings: Settings, start_wall: float) -> Playback:
    return Playback(settings.pace == "realtime", start_wall, settings.rotation)


def _open_reader(settings: Settings, on_skip: OnSkip = log_skip) -> FrameReader:
    """A recording's reader, by what lies at the path."""
    path = _existing(settings.source)
    if path.is_dir():
        return ImageReader.of_folder(path, settings.fps, on_skip)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageReader((path,), settings.fps)
    reader = VideoReader(path, settings.fps)
    if reader.raw and "fps" not in settings.model_fields_set:
        log.warning(
            "%s is a raw stream, which holds no times: it is taken as %g frames a second; "
            "set camera.fps to what it was recorded with",
            path,
            settings.fps,
        )
    return reader


def _existing(source: str) -> Path:
    """The path of a recording: as it is written, or else with ~ as the folder of a user.

    Raises:
        SourceError: Nothing is there.
    """
    # Not Path's own: that fails where there is no such user, or a folder may not be looked into.
    for name in (source, os.path.expanduser(source)):
        if os.path.exists(name):
            return Path(name)
        if _hidden(Path(name)):
            raise SourceError(
                f"{source} cannot be reached by this user; put it where it may be read "
                "(a service sees nothing below /home and /root)"
            )
    if looks_like_address(source):
        raise SourceError(
            "the source is no file, and no address as cameras have them; it is not shown, since it may "
            "hold a password. An address is rtsp://USER:PASSWORD@HOST/PATH"
        )
    raise SourceError(f"{source} does not exist")


def _hidden(path: Path) -> bool:
    """Whether a folder on the way to a path may not be looked into."""
    try:
        os.stat(path)
    except PermissionError:
        return True
    except (OSError, ValueError):
        pass
    return False
