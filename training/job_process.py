"""A job in a process of its own, beside the one that asked for it.

A training depends on the random numbers and the threads of its process, and a worker of a cluster has both in
use. Here the job finds a process as it is when it is called by hand, and ends with it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import MaskGateError

Job = Callable[[], None]

_SIZE_BYTES = 8
_COMMAND = "from training.job_process import serve; serve()"


class LostProcessError(Exception):
    """The process of a job was killed; the job may be done again."""


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What became of a job.

    Attributes:
        sentence: What a user can do something about; empty where the job is done.
        exit_code: That of the sentence.
        trace: Of an error that nobody can do anything about; empty otherwise.
    """

    sentence: str = ""
    exit_code: int = 0
    trace: str = ""


def run_job(job: Job) -> JobOutcome:
    """Does a job in a new process, which ends where this one does.

    Args:
        job: Can be pickled.

    Raises:
        LostProcessError: The process was killed.
    """
    content = pickle.dumps(job)
    # Its modules are found where this process finds them.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", _COMMAND]
    with subprocess.Popen(  # noqa: S603 - this interpreter, and a constant
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise LostProcessError("the process has no pipes")
        process.stdin.write(len(content).to_bytes(_SIZE_BYTES, "big") + content)
        process.stdin.flush()
        # Left open: its end tells the process that nobody waits any more.
        said = process.stdout.read()
    if not said:
        raise LostProcessError(f"the process of a job ended with {process.returncode}")
    outcome: JobOutcome = pickle.loads(said)  # noqa: S301 - of a child of this very process
    return outcome


def serve() -> None:
    """The other side: reads a job from standard input, does it, and writes its outcome."""
    out = os.fdopen(os.dup(1), "wb")
    # Whatever the job prints belongs to the log and not to the outcome.
    os.dup2(2, 1)
    size = int.from_bytes(sys.stdin.buffer.read(_SIZE_BYTES), "big")
    content = sys.stdin.buffer.read(size)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    out.write(pickle.dumps(_outcome(content)))
    out.close()
    # The thread that waits for the parent holds standard input, which a plain end would wait for.
    os._exit(0)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _outcome(content: bytes) -> JobOutcome:
    try:
        job: Job = pickle.loads(content)  # noqa: S301 - of the process that started this one
        job()
    except MaskGateError as error:
        return JobOutcome(str(error), error.exit_code)
    except BaseException:
        # Told where the job was asked for.
        return JobOutcome(trace=traceback.format_exc())
    return JobOutcome()
