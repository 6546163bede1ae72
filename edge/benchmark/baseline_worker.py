"""The memory of a process that holds the daemon's libraries and models and decodes the same source.

`maskgate bench` runs this as a process of its own:
`python -m edge.benchmark.baseline_worker DETECTOR CLASSIFIER SOURCE` prints its resident memory in MB.
Nothing of the daemon itself may be imported here.
"""

from __future__ import annotations

import sys
from pathlib import Path


def resident_mb(status: Path) -> float:
    """Resident memory in MB from a process's status file in /proc."""
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def hold(detector: str, classifier: str, source: str) -> float:
    """Imports, opens and decodes; returns the resident memory in MB."""
    # The libraries are imported for the memory that they take.
    import json  # noqa: F401, PLC0415
    import logging  # noqa: F401, PLC0415
    import sqlite3  # noqa: F401, PLC0415
    import tarfile  # noqa: F401, PLC0415

    import click  # noqa: F401, PLC0415
    import cv2  # noqa: PLC0415
    import numpy  # noqa: F401, PLC0415
    import packaging.version  # noqa: F401, PLC0415
    import paho.mqtt.client  # noqa: F401, PLC0415
    import pydantic  # noqa: PLC0415

    from edge.vision.interpreter import find_runtime  # noqa: PLC0415

    # Pydantic loads most of itself when the first model is made.
    pydantic.create_model("Settings", key=(int, 0))
    cv2.setNumThreads(1)
    network = cv2.FaceDetectorYN.create(detector, "", (320, 320))
    interpreter = find_runtime("auto")[1](model_path=classifier, num_threads=1)
    interpreter.allocate_tensors()
    capture = cv2.VideoCapture(source)
    frame = None
    while True:
        more, frame = capture.read(frame)
        if not more:
            break
    assert network is not None  # noqa: S101 - keeps the detector alive until the measurement
    return resident_mb(Path("/proc/self/status"))


if __name__ == "__main__":
    print(hold(*sys.argv[1:4]))  # noqa: T201
