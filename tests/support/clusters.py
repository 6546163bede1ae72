"""Dask clusters on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def local_cluster(workers: int, threads: int = 1, *, processes: bool = True) -> Iterator[str]:
    """The address of a scheduler with some workers, each a process unless said otherwise."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=processes,
        # Within one process it would be of another kind, which needs no address.
        protocol="tcp://",
        host="127.0.0.1",
        # Any free port.
        dashboard_address="127.0.0.1:0",
    ) as cluster:
        yield cluster.scheduler_address
