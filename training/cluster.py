"""Jobs that do not depend on each other, on the workers of a Dask cluster.

Dask hands them out, notices a worker that is lost, and gives its job to another one. The one importer of
`distributed`, which is an extra of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from edge.errors import ConfigError, SeveralError
from training.job_process import JobOutcome, LostProcessError, run_job

if TYPE_CHECKING:
    from distributed import Client

SCHEDULER_WAIT_S = 15
WORKER_WAIT_S = 60
TRIES = 4
"""So often a job is begun whose process is killed; as often Dask tries one whose worker is lost."""


class ClusterJob(Protocol):
    """Something to do on another machine; travels there as a pickle.

    It is done anew where a worker is lost in its middle, perhaps by a worker that finds half of the work.
    """

    @property
    def name(self) -> str:
        """For people; no two jobs have the same."""

    def __call__(self) -> None:
        """Does it."""


def run_on_cluster(jobs: Sequence[ClusterJob], scheduler: str, tell: Callable[[str], None]) -> None:
    """Does all jobs on the workers of a scheduler, and waits for them.

    Args:
        jobs: What to do, in any order.
        scheduler: Its address, such as tcp://10.0.0.1:8786. What TLS needs is in Dask's own configuration.
        tell: Is told of each job that is done.

    Raises:
        MissingExtraError: Dask is not installed.
        ConfigError: There is no scheduler or no worker, or the workers cannot be used.
        SeveralError: A job failed; nothing more is begun.
    """
    from distributed import Client, as_completed  # noqa: PLC0415 - an extra of its own

    # What its own loops log of connections that were lost is said in a sentence where it matters.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=SCHEDULER_WAIT_S)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"--scheduler {scheduler}: no Dask scheduler answers there ({_line(error)}); start one with "
            "`dask scheduler`"
        ) from None
    with client:
        _require_workers(client, scheduler)
        futures = {
            client.submit(run_job, job, key=job.name, pure=False, retries=TRIES - 1): job.name for job in jobs
        }
        for future in as_completed(futures):
            failure = future.exception()
            _require_done(futures[future], failure, None if failure else future.result())
            tell(f"{futures[future]} is done")


def _require_workers(client: Client, scheduler: str) -> None:
    """Insists on workers that do one job at a time: two networks cannot be trained in one process.

    Raises:
        ConfigError: There are none, or others.
    """
    try:
        client.wait_for_workers(1, timeout=WORKER_WAIT_S)
    except TimeoutError:
        raise ConfigError(
            f"--scheduler {scheduler}: no worker is there; start some with `dask worker ADDRESS --nthreads 1`"
        ) from None
    if several := [address for address, threads in client.nthreads().items() if threads != 1]:
        raise ConfigError(
            f"the worker {several[0]} does several jobs at a time; start workers with --nthreads 1"
        )


def _require_done(name: str, error: BaseException | None, outcome: JobOutcome | None) -> None:
    from distributed import KilledWorker  # noqa: PLC0415 - as above

    if isinstance(error, KilledWorker | LostProcessError):
        raise SeveralError(
            [f"{name}: what did it was killed again and again; look into the logs of the workers"], 1
        )
    if isinstance(error, ModuleNotFoundError):
        raise ConfigError(f"{name}: a worker lacks {error.name}; install the same versions there as here")
    if error is not None:
        raise error
    if outcome is not None and outcome.trace:
        raise RuntimeError(f"{name} on a worker: {outcome.trace}")
    if outcome is not None and outcome.sentence:
        raise SeveralError([f"{name}: {outcome.sentence}"], outcome.exit_code)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
