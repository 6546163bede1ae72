"""The YuNet face detector of the OpenCV model zoo, fetched and verified."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from pathlib import Path

from edge.errors import ModelError, StorageError
from edge.system.address import address_in, without_addresses
from edge.system.files import write_atomic

YUNET = "face_detection_yunet_2023mar.onnx"
YUNET_URL = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/" + YUNET
)
YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
SCHEMES = ("https://", "http://", "file://")
TIMEOUT_S = 30
LARGEST_BYTES = 4 * 1024 * 1024


def fetch_yunet(url: str, target: Path) -> None:
    """Fetches the detector into a file, which is there whole or not at all.

    Raises:
        ModelError: It cannot be fetched or written, or is another file.
    """
    content = _download(url)
    if hashlib.sha256(content).hexdigest() != YUNET_SHA256:
        raise ModelError(
            f"what {address_in(url) or url} gave is not {YUNET}: its SHA-256 is another; nothing was kept"
        )
    try:
        write_atomic(target, content)
    except StorageError as error:
        raise ModelError(
            f"{target} cannot be written: {error.strerror}; choose another place with --to"
        ) from None


def _download(url: str) -> bytes:
    told = address_in(url) or url
    if not url.startswith(SCHEMES):
        raise ModelError(f"{told} cannot be fetched: give an address that begins with http:// or https://")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - checked by its SHA-256
            # A longer answer is cut off, and fails its SHA-256.
            return bytes(answer.read(LARGEST_BYTES))
    except http.client.InvalidURL:
        raise ModelError(
            f"{told} cannot be fetched: no login may stand before its host, and a port is a number"
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        reason = without_addresses(str(getattr(error, "reason", "") or error), [url])
        raise ModelError(
            f"{told} cannot be fetched: {reason or type(error).__name__}; fetch it elsewhere and name the "
            "file with --detector"
        ) from None
