"""The YuNet face detector of the OpenCV model zoo, fetched and verified."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from pathlib import Path

from edge.errors import ModelError, StorageError
from edge.system.files import write_atomic

YUNET = "face_detection_yunet_2023mar.onnx"
YUNET_URL = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/" + YUNET
)
YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
TIMEOUT_S = 30
LARGEST_BYTES = 4 * 1024 * 1024


def fetch_yunet(url: str, target: Path) -> None:
    """Fetches the detector into a file, which is there whole or not at all.

    Raises:
        ModelError: It cannot be fetched or written, or is another file.
    """
    content = _download(url)
    if hashlib.sha256(content).hexdigest() != YUNET_SHA256:
        raise ModelError(f"what {url} gave is not {YUNET}: its SHA-256 is another; nothing was kept")
    try:
        write_atomic(target, content)
    except StorageError as error:
        raise ModelError(
            f"{target} cannot be written: {error.strerror}; choose another place with --to"
        ) from None


def _download(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked by its SHA-256
            # A longer answer is cut off, and fails its SHA-256.
            return bytes(answer.read(LARGEST_BYTES))
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ModelError(
            f"{url} cannot be fetched: {reason}; fetch it elsewhere and name the file with --detector"
        ) from None
