"""The Raspberry Pi's own camera through Picamera2, which is imported nowhere else."""

from __future__ import annotations

import gc
import importlib.util
import logging
import os
from collections.abc import Container
from dataclasses import dataclass
from importlib.metadata import distributions
from types import ModuleType
from typing import Any, cast

import cv2
import numpy as np

from edge.camera.live import CapturedFrame
from edge.camera.opencv import rotated
from edge.camera.timestamps import DriverStamps
from edge.config import CameraConfig as Settings
from edge.config import CameraControlsConfig
from edge.errors import MissingPackageError, SourceError
from edge.system.clock import Clock
from edge.types import Image

WAIT_S = 2.0
"""A camera that gives no picture for this long is taken for lost."""

BUFFERS = 4

# libcamera's AfMode, AeMeteringMode, AeExposureMode and AeFlickerMode; see its control_ids_core.yaml.
AF_MANUAL, AF_CONTINUOUS = 0, 2
METERING = {"centre": 0, "spot": 1, "matrix": 2}
EXPOSURE = {"normal": 0, "short": 1, "long": 2}
FLICKER_MANUAL = 1

log = logging.getLogger(__name__)


def controls(settings: CameraControlsConfig, known: Container[str]) -> dict[str, float]:
    """What a camera is told of exposure and focus, without what it does not know.

    Args:
        settings: What is wanted.
        known: The names of the controls that the camera has.
    """
    wanted: dict[str, float] = {"AfMode": AF_CONTINUOUS}
    if settings.focus == "fixed":
        wanted = {"AfMode": AF_MANUAL, "LensPosition": 1 / settings.focus_m}
    wanted["ExposureValue"] = settings.brightness_ev
    wanted["AeMeteringMode"] = METERING[settings.metering]
    wanted["AeExposureMode"] = EXPOSURE[settings.exposure]
    if settings.flicker_hz:
        # The light of a lamp comes and goes twice in each period of the mains.
        wanted |= {"AeFlickerMode": FLICKER_MANUAL, "AeFlickerPeriod": round(1e6 / (2 * settings.flicker_hz))}
    return {name: value for name, value in wanted.items() if name in known}


def missing_controls(settings: CameraControlsConfig, known: Container[str]) -> list[str]:
    """The keys that were set to something else than their default and that a camera cannot follow."""
    needs = {
        "focus": "AfMode",
        "focus_m": "LensPosition",
        "brightness_ev": "ExposureValue",
        "metering": "AeMeteringMode",
        "exposure": "AeExposureMode",
        "flicker_hz": "AeFlickerMode",
    }
    changed = settings.model_dump(exclude_defaults=True)
    return [key for key, control in needs.items() if key in changed and control not in known]


def require_package() -> None:
    """Checks that Picamera2 is installed, without importing it: that takes a second or two.

    Also keeps libcamera from logging every camera that it opens.

    Raises:
        MissingPackageError: It is not.
    """
    if importlib.util.find_spec("picamera2") is None:
        raise MissingPackageError(
            "the package picamera2 is not installed; install python3-picamera2 "
            "(Raspberry Pi OS) and make the virtual environment with --system-site-packages"
        )
    _check_numpy()
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")


def _check_numpy() -> None:
    """Refuses a numpy of the environment that hides the system's of another major version.

    The system's picamera2 is built against the system's numpy. `requirements/pi.txt` has one that fits;
    `edge.txt` has not.

    Raises:
        MissingPackageError: Picamera2 would fail when it is imported.
    """
    found = [item.version for item in distributions(name="numpy")]
    if len({version.partition(".")[0] for version in found}) > 1:
        raise MissingPackageError(
            f"numpy {found[0]} of this environment hides the system's {found[-1]}, which picamera2 is built "
            "with; install requirements/pi.txt here, and not edge.txt"
        )


def preview_size(width: int, height: int, long_side: int) -> tuple[int, int]:
    """Size of the preview: the shape of the main stream, in even numbers as YUV 4:2:0 needs."""
    scale = min(1.0, long_side / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


@dataclass(frozen=True, slots=True)
class _Stream:
    """What the camera really gives, which may differ from what was asked: pixels, bytes a line."""

    width: int
    height: int
    stride: int

    @classmethod
    def of(cls, configured: dict[str, Any]) -> _Stream:
        width, height = configured["size"]
        return cls(width, height, configured["stride"])

    def bgr(self, memory: Image) -> Image:
        """The picture in the memory of an RGB888 stream, which Picamera2 orders BGR; a view."""
        lines = memory.reshape(-1)[: self.height * self.stride].reshape(self.height, self.stride)
        return lines[:, : 3 * self.width].reshape(self.height, self.width, 3)

    def yuv(self, memory: Image) -> Image:
        """The memory of a YUV420 stream as OpenCV wants it; padding makes it wider than the picture."""
        lines = self.height * 3 // 2
        return memory.reshape(-1)[: lines * self.stride].reshape(lines, self.stride)


class PiCamera:
    """A Raspberry Pi camera: full pictures for crops, small ones scaled by its own hardware.

    Pictures are copied out and the request goes back at once. A request that is held while the
    camera is closed would leave Picamera2 with memory that it cannot free.
    """

    def __init__(self, index: int, settings: Settings, preview_side: int, clock: Clock) -> None:
        """Opens and starts the camera.

        Raises:
            SourceError: There is none.
        """
        self._picamera2 = _import()
        self._rotation = settings.rotation
        self._device = self._open(index)
        try:
            self._start(settings, preview_side)
        except BaseException:
            # A device that stays open could not be opened by the next try.
            self._device.close()
            raise
        self._stamps = DriverStamps(clock)
        self._wide: Image | None = None

    def _open(self, index: int) -> Any:
        try:
            return self._picamera2.Picamera2(index)
        except Exception as error:  # an IndexError or a RuntimeError, by its version
            reason = str(error.__cause__ or error)
        # Here, where no exception refers to the object that has failed any more: it may have the camera, and
        # gives it back when it is collected. Until then it could not be opened again.
        gc.collect()
        raise SourceError(
            f"camera {index} is not there or cannot be opened ({reason}); is its cable in place?"
        )

    def _start(self, settings: Settings, preview_side: int) -> None:
        size = settings.width, settings.height
        configuration = self._device.create_video_configuration(
            main={"size": size, "format": "RGB888"},
            lores={"size": preview_size(*size, preview_side), "format": "YUV420"},
            buffer_count=BUFFERS,
            controls={"FrameRate": settings.fps},
        )
        self._device.configure(configuration)
        self._control(settings.controls)
        configured = self._device.camera_configuration()
        self._main = _Stream.of(configured["main"])
        self._lores = _Stream.of(configured["lores"])
        self._device.start()

    def _control(self, settings: CameraControlsConfig) -> None:
        known = self._device.camera_controls
        if missing := missing_controls(settings, known):
            log.warning("this camera does not know camera.controls.%s", ", camera.controls.".join(missing))
        if told := controls(settings, known):
            self._device.set_controls(told)

    def capture(self, spare: CapturedFrame | None) -> CapturedFrame:
        """Waits for the next picture and copies it out."""
        request = self._device.capture_request(wait=WAIT_S)
        try:
            # First: it compares with the clock, and copying takes a while.
            taken = self._stamps.taken(request.get_metadata()["SensorTimestamp"] / 1e9)
            pixels = self._pixels(request, None if spare is None else spare.pixels)
            preview = self._preview(request, None if spare is None else spare.preview)
        finally:
            request.release()
        return CapturedFrame(pixels, preview, taken)

    def skip(self) -> None:
        """Waits for the next picture, and gives its memory back without a copy."""
        self._device.capture_request(wait=WAIT_S).release()

    def close(self) -> None:
        """Stops the camera."""
        self._device.close()

    def _pixels(self, request: Any, out: Image | None) -> Image:
        with self._picamera2.MappedArray(request, "main", reshape=False) as mapped:
            return self._upright(self._main.bgr(mapped.array), out)

    def _preview(self, request: Any, out: Image | None) -> Image:
        with self._picamera2.MappedArray(request, "lores", reshape=False) as mapped:
            wide = cv2.cvtColor(self._lores.yuv(mapped.array), cv2.COLOR_YUV2BGR_I420, dst=self._wide)
        self._wide = cast(Image, wide)
        return self._upright(self._wide[:, : self._lores.width], out)

    def _upright(self, picture: Image, out: Image | None) -> Image:
        """A copy that outlives the buffer of the request, turned as configured, in `out` where that fits."""
        if self._rotation:
            return rotated(picture, self._rotation, out)
        if out is None or out.shape != picture.shape:
            return picture.copy()
        np.copyto(out, picture)
        return out


def _import() -> ModuleType:
    return importlib.import_module("picamera2")
