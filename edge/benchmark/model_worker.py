"""Runs one model in a process of its own and says how long each call took and how much memory it has.

`edge.benchmark.models` starts it as `python -m edge.benchmark.model_worker MODEL INTERPRETER THREADS`.
It says "ready" when the model is open and warm. To each number on standard input it answers with the
milliseconds of so many calls, and at the end of the input with its memory. Nothing of the daemon may
be imported here.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from edge.benchmark.baseline_worker import resident_mb
from edge.system.native_output import without_native_chatter
from edge.system.native_path import native_path
from edge.vision.interpreter import find_runtime

WARM_UP = 5


def largest_mb(status: Path) -> float:
    """The largest resident memory in MB that a process ever had, from its status file in /proc."""
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main(file: str, runtime: str, threads: int) -> None:
    """Opens the model and answers until the input ends."""
    status = Path("/proc/self/status")
    _, interpreter_type = find_runtime(runtime)
    # After the import of the interpreter, whose memory is not the model's.
    empty = resident_mb(status)
    with without_native_chatter(), native_path(Path(file)) as name:
        interpreter = interpreter_type(model_path=name, num_threads=threads)
        interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    # A fixed seed: every process gets the same picture.
    crop = np.random.default_rng(0).integers(0, 256, details["shape"]).astype(details["dtype"])

    def call() -> float:
        started = time.perf_counter()
        interpreter.set_tensor(details["index"], crop)
        interpreter.invoke()
        return round((time.perf_counter() - started) * 1000, 4)

    # The first calls allocate memory, and are not like the others.
    for _ in range(WARM_UP):
        call()
    _say("ready")
    for line in sys.stdin:
        _say([call() for _ in range(int(line))])
    _say({"peak_mb": largest_mb(status), "model_mb": largest_mb(status) - empty})


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
