"""Measures models side by side: each in a process of its own, all of them alternately.

Alternately, because a machine that does something else meanwhile then slows all of them alike, and
ratios hold. In processes of their own, because only a process has a memory that can be measured.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import ModelError

ROUNDS = 20
CALLS = 20
"""Of each model in each round."""


@dataclass(frozen=True, slots=True)
class BenchmarkedModel:
    """A model file and what to call it."""

    name: str
    file: Path


@dataclass(frozen=True, slots=True)
class ModelTiming:
    """What was measured of one model with one number of threads.

    Attributes:
        name: The model's.
        threads: Of the interpreter.
        p50_ms: Median time of a call.
        p95_ms: 95th percentile.
        ratio: Median over the median of the first model with as many threads.
        file_bytes: Size of the model file.
        peak_mb: Largest resident memory of a process that runs this model alone.
        model_mb: How much of it came with opening and running the model.
    """

    name: str
    threads: int
    p50_ms: float
    p95_ms: float
    ratio: float
    file_bytes: int
    peak_mb: float
    model_mb: float


def thread_counts() -> tuple[int, ...]:
    """1, 2 and 4, as far as this machine has the cores."""
    return tuple(count for count in (1, 2, 4) if count <= (os.cpu_count() or 1))


def measure_models(
    models: Sequence[BenchmarkedModel],
    threads: Sequence[int],
    runtime: str = "auto",
    rounds: int = ROUNDS,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[ModelTiming, ...]:
    """Measures all models with every number of threads.

    Args:
        models: The models; ratios are to the first.
        threads: Numbers of threads.
        runtime: Interpreter, as in `edge.vision.interpreter.find_runtime`.
        rounds: In each, every model gets `CALLS` calls.
        progress: Called with the number of rounds done.

    Raises:
        ModelError: A model cannot be run.
    """
    timings: list[ModelTiming] = []
    for count in threads:
        with ExitStack() as stack:
            runners = [stack.enter_context(_Runner(model, runtime, count)) for model in models]
            for _ in range(rounds):
                for runner in runners:
                    runner.run(CALLS)
                progress(1)
            first = float(np.median(runners[0].times))
            timings += [runner.finish(first) for runner in runners]
    return tuple(timings)


class _Runner:
    """One model in its process."""

    def __init__(self, model: BenchmarkedModel, runtime: str, threads: int) -> None:
        self._model = model
        self._threads = threads
        self._command = [
            sys.executable,
            "-P",
            "-m",
            "edge.benchmark.model_worker",
            str(model.file),
            runtime,
            str(threads),
        ]
        self.times: list[float] = []

    def __enter__(self) -> _Runner:
        self._process = subprocess.Popen(  # noqa: S603
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        # Until it is ready: a model that is being opened would slow the others down.
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, calls: int) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it was asked for as a pipe
        # One that has ended says why in its answer.
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{calls}\n")
            self._process.stdin.flush()
        self.times += self._answer()

    def finish(self, first: float) -> ModelTiming:
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        memory = self._answer()
        # `communicate` would flush it, which fails on a closed pipe.
        self._process.stdin = None
        p50, p95 = np.percentile(self.times, (50, 95))
        return ModelTiming(
            name=self._model.name,
            threads=self._threads,
            p50_ms=round(float(p50), 3),
            p95_ms=round(float(p95), 3),
            ratio=round(float(p50) / first, 3),
            file_bytes=self._model.file.stat().st_size,
            peak_mb=round(float(memory["peak_mb"]), 1),
            model_mb=round(float(memory["model_mb"]), 1),
        )

    def _answer(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stdin is not None  # noqa: S101
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.stdin = None
            _, complaint = self._process.communicate()
            code = self._process.returncode
            last = (complaint.strip().splitlines() or ["it ended"])[-1]
            reason = f"it ended its process ({signal.Signals(-code).name})" if code < 0 else last
            raise ModelError(f"{self._model.file} cannot be run: {reason}")
        return json.loads(line)


def timing_rows(timings: Sequence[ModelTiming]) -> list[tuple[str, ...]]:
    """Cells of a table, the heads first."""
    heads = ("model", "threads", "p50 ms", "p95 ms", "ratio", "file kB", "peak MB", "model MB")
    return [heads, *(_cells(timing) for timing in timings)]


def _cells(timing: ModelTiming) -> tuple[str, ...]:
    times = f"{timing.p50_ms:.2f}", f"{timing.p95_ms:.2f}", f"{timing.ratio:.2f}"
    sizes = f"{timing.file_bytes / 1000:.0f}", f"{timing.peak_mb:.0f}", f"{timing.model_mb:.1f}"
    return (timing.name, str(timing.threads), *times, *sizes)
