"""Whether a bundle works on this device, counted so that a crash cannot forget it.

An attempt is counted before the bundle does anything that could bring the daemon down: before it is
opened, and before the first frame. It is taken back where nothing came of it that is the bundle's
fault: the camera gives nothing, somebody stops the daemon; and once the bundle has worked for long
enough. Who fails `MOST_ATTEMPTS` times is given up; who had proved itself before, after
`MOST_PROVEN_ATTEMPTS` in a row. With another OpenCV or interpreter every bundle is new.
"""

from __future__ import annotations

import logging

from edge.bundle.store import PACKAGED, BundleStore

ENOUGH_FRAMES = 20
"""So many frames with a face judged without an error prove a bundle."""

ENOUGH_S = 600.0
"""So many seconds of frames without an error prove it too, where nobody comes by."""

LOCK_WAIT_S = 10.0

_log = logging.getLogger(__name__)


class Trial:
    """One daemon's work with a bundle, and with a detector of its own where one is configured."""

    def __init__(self, store: BundleStore, *names: str) -> None:
        """Begins nothing yet.

        Args:
            store: Where the records are.
            names: What is at work. What goes wrong is the fault of the first that has not proved itself,
                and of the last where all have.
        """
        unproven = [name for name in names if not store.record(name).proven]
        self.name = (unproven or names[-1:])[0]
        self._names = names
        self._store = store
        self._proven = not unproven
        self._over = False
        self._counted = False
        self._frames = 0
        self._began: float | None = None

    @property
    def proven(self) -> bool:
        """Whether all that is at work has proved itself, in this run or before."""
        return self._proven

    def begin(self) -> None:
        """Counts an attempt, unless one is under way or this run has gone well for long enough."""
        if not self._over and not self._counted:
            self._counted = True
            self._add(1)

    def pause(self) -> None:
        """Takes the attempt back that is under way."""
        if not self._over and self._counted:
            self._counted = False
            self._add(-1)

    def passed(self, faces: int, now: float) -> None:
        """Says that a frame was judged.

        Args:
            faces: How many faces were in it.
            now: Time of the frame in seconds.
        """
        if self._over:
            return
        self._began = now if self._began is None else self._began
        self._frames += faces > 0
        if self._frames >= ENOUGH_FRAMES or now - self._began >= ENOUGH_S:
            if not self._proven:
                _log.info("%s has proved itself", " with ".join(self._names))
            self._over = self._proven = True
            for name in self._names:
                _update(self._store, name, attempts=0, proven=True)

    def _add(self, count: int) -> None:
        _update(self._store, self.name, attempts=max(self._store.record(self.name).attempts + count, 0))


def _update(store: BundleStore, name: str, **changes: object) -> None:
    try:
        store.write_record(name, store.record(name).model_copy(update=changes))
    except OSError as error:
        # The daemon goes on; it counts failures of this run in memory as well.
        _log.warning("the trial of %s cannot be counted: %s", name, error)


def renew(store: BundleStore, name: str, libraries: str) -> None:
    """Begins the trial of a bundle anew where it was another OpenCV or interpreter that ran it before.

    Args:
        store: Where the bundle's record is.
        name: The bundle or detector.
        libraries: What runs it now, by version.
    """
    before = store.record(name).libraries
    if before == libraries:
        return
    if before:
        _log.info("%s is on trial again: %s took the place of %s", name, libraries, before)
    _update(store, name, attempts=0, proven=False, libraries=libraries)


def give_up(store: BundleStore, name: str) -> str:
    """Goes back from a bundle to the one that it replaced, or to the shipped one.

    Returns:
        What is in use now; somebody may have installed another bundle meanwhile.

    Raises:
        ModelError: Somebody else keeps changing the bundles.
    """
    with store.locked(LOCK_WAIT_S):
        current = store.current()
        if current != name:
            return current
        target = store.record(name).replaced
        # The one before may have failed, too, or was removed since.
        if target and (store.record(target).failed or not store.path(target).is_dir()):
            target = PACKAGED
        instead = target or "the one that comes with the package"
        note = f"the bundle {name} failed {store.record(name).attempts} times; {instead} is in use again"
        _log.error("%s", note)
        try:
            store.write_record(target, store.record(target).model_copy(update={"note": note}))
            store.point(target)
        except OSError as error:
            _log.error("%s cannot be changed: %s; this goes for this run only", store.root, error)
        return target
