"""Programs in processes of their own that have TensorFlow loaded already.

To load it takes five seconds of a processor, more than most of what tests ask of it. So each test process
starts one that loads it once, and has that fork for every program: the standard library's `forkserver`.
What runs is a process as any other, to be killed, limited and waited for. Two things are not as in a fresh
interpreter, and where they matter a test starts one: what the libraries print while they load, and the
seed of `hash`, which all share. `run_fresh` is for these.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

LOADED = "tests.support.loaded"
"""The module that the server imports before it forks."""


def program(module: str) -> str:
    """The code that a program of this project is, as for `python -c`."""
    return f"from {module}.commands import main; main()"


def run(
    code: str,
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    largest_file: int = resource.RLIM_INFINITY,
) -> subprocess.CompletedProcess[str]:
    """Runs code to its end, as `python -c` does.

    Args:
        code: What is run.
        arguments: It finds them in `sys.argv[1:]`.
        environment: Set beside what this process has.
        largest_file: Bytes that a file may have where the disk is to be full.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = start(
            code, *arguments, out=out, err=err, environment=environment, largest_file=largest_file
        )
        try:
            process.join()
        finally:
            process.kill()
        said = out.read_text(), err.read_text()
    assert process.exitcode is not None
    return subprocess.CompletedProcess([code, *map(str, arguments)], process.exitcode, *said)


def run_fresh(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs code to its end in an interpreter of its own, which loads everything anew."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def start(
    code: str,
    *arguments: object,
    out: Path = Path(os.devnull),
    err: Path = Path(os.devnull),
    environment: Mapping[str, str] | None = None,
    largest_file: int = resource.RLIM_INFINITY,
) -> BaseProcess:
    """Starts code in a process, whose standard output and standard error go into files."""
    settings = {**os.environ, **(environment or {})}
    words = ["-c", *map(str, arguments)]
    process = _context().Process(
        target=_run, args=(code, words, (out, err), settings, largest_file), daemon=True
    )
    process.start()
    return process


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([LOADED])
    return context


def _run(
    code: str, words: list[str], outputs: tuple[Path, Path], settings: dict[str, str], largest_file: int
) -> None:
    for number, file in zip((1, 2), outputs, strict=True):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(settings)
    sys.argv = words
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, most))
    exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
