"""The spool's thread as others reach it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from edge.errors import SpoolError
from edge.spool.committer import Committer, Item
from edge.spool.records import Limits
from edge.spool.store import Life

ANSWER_S = 30.0

_T = TypeVar("_T")

_log = logging.getLogger(__name__)


class Owner:
    """Starts the one thread that touches the file, puts things into its queue, and asks it."""

    def __init__(self, path: Path, limits: Limits, wall: Callable[[], float]) -> None:
        self._path = path
        self._limits = limits
        self._committer = Committer(limits, wall)
        self._closed = False
        opened: Future[tuple[Life, str]] = Future()
        self._thread = threading.Thread(
            target=self._committer.run, args=(path, opened), name="maskgate-spool", daemon=True
        )
        self._thread.start()
        self._life, self._damage = opened.result()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def limits(self) -> Limits:
        """How much is kept."""
        return self._limits

    @property
    def alive(self) -> bool:
        """Whether the thread runs that stores events."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Commits what waits and closes the file; may be called twice."""
        if not self._closed and self.alive:
            self._put(Committer.finish)
            self._thread.join()
        self._closed = True

    def ask(self, work: Callable[[Committer], _T], timeout: float = ANSWER_S) -> _T:
        """Has something done on the spool's thread, and waits for the answer.

        Raises:
            SpoolError: It failed, took too long, or the spool is closed.
        """
        answer: Future[_T] = Future()

        def reply(committer: Committer) -> None:
            try:
                answer.set_result(work(committer))
            except SpoolError as error:
                answer.set_exception(error)
            except Exception as error:
                # No question may end the thread that stores events.
                _log.exception("the spool cannot answer a question")
                answer.set_exception(SpoolError(f"the spool {self._path} cannot answer: {error}"))

        self._put(reply)
        try:
            return answer.result(timeout)
        except TimeoutError:
            raise SpoolError(f"the spool {self._path} has not answered for {timeout:g} s") from None

    def _put(self, item: Item) -> None:
        if self._closed:
            raise SpoolError(f"the spool {self._path} is closed")
        if not self.alive:
            raise SpoolError(f"the thread of the spool {self._path} ended unexpectedly; start again")
        self._committer.inbox.put(item)
