"""Puts a packed bundle into use, or goes back to the one before.

Everything that can go wrong goes wrong beside the bundle in use: unpacking, verifying, proving. Then
the directory gets its name, its record is written, and the link is switched. Whenever the power
fails, the link leads to a whole bundle.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.bundle import archive
from edge.bundle.bundle import Bundle, load
from edge.bundle.store import PACKAGED, BundleStore, TrialRecord, remove
from edge.errors import ModelError
from edge.system.files import sync_directory

KEEP = 4
"""Bundles that stay on the device: the current one, the one before it, and the newest of the others."""

Admit = Callable[[Bundle], None]
"""Raises a ModelError where this device does not take a bundle."""


@dataclass(frozen=True, slots=True)
class BundleChange:
    """What is in use now, and what was."""

    name: str
    before: str


def install(store: BundleStore, file: Path, admit: Admit, *, allow_older: bool = False) -> BundleChange:
    """Installs a packed bundle and takes it into use.

    Args:
        store: Where bundles are.
        file: What `edge.bundle.pack` wrote.
        admit: Looks at the unpacked bundle: signature, self-test.
        allow_older: Whether the version may be lower than the current one.

    Raises:
        ModelError: It is not taken; what was in use stays in use.
    """
    with store.locked(), _naming(store):
        _sweep(store)
        incoming = store.root / f".incoming-{os.getpid()}"
        try:
            with archive.speaking_of(file, incoming):
                bundle = archive.unpack(file, incoming)
                before = _in_use(store)
                # The bundle in use once more is a repair, no way back.
                if before != bundle.name:
                    _forbid_going_back(store, bundle, file, allow_older=allow_older)
                admit(bundle)
            _take_in(store, incoming, bundle.name)
        finally:
            if incoming.is_dir():
                remove(incoming)
        if before != bundle.name:
            # Before the link: without its record a bundle in use would not know what it replaced.
            store.write_record(bundle.name, TrialRecord(replaced=before))
            store.point(bundle.name)
        _prune(store)
        return BundleChange(bundle.name, before)


def roll_back(store: BundleStore, admit: Admit, *, to_shipped: bool = False) -> BundleChange:
    """Takes the bundle into use again that was in use before the current one.

    Raises:
        ModelError: There is none, or it is not whole any more.
    """
    with store.locked(), _naming(store):
        before = _in_use(store) if to_shipped else store.current()
        if before == PACKAGED and not to_shipped:
            raise ModelError("the bundle that comes with the package is in use; there is none before it")
        target = PACKAGED if to_shipped else store.record(before).replaced
        # It was whole when it was installed; the disk may have changed it since.
        admit(load(store.path(target)))
        # Whoever goes back on purpose gives that bundle its attempts again.
        store.write_record(target, store.record(target).model_copy(update={"attempts": 0, "note": ""}))
        store.point(target)
        return BundleChange(target, before)


def _in_use(store: BundleStore) -> str:
    """The current bundle; a link that leads nowhere must not keep anybody from mending it."""
    try:
        return store.current()
    except ModelError:
        return PACKAGED


def _forbid_going_back(store: BundleStore, bundle: Bundle, file: Path, *, allow_older: bool) -> None:
    """A lower version, or the same one with other content, takes an order of its own."""
    if allow_older:
        return
    try:
        current = load(store.path(_in_use(store))).manifest
    except ModelError:
        return  # What is damaged must not keep anything from replacing it.
    ours = bundle.manifest
    if ours.digest == current.digest:
        return
    if ours.order < current.order:
        raise ModelError(
            f"{file} has version {ours.version}, older than {current.version} in use; go back with "
            "`maskgate models rollback`, or install it with --allow-older"
        )
    if ours.order == current.order:
        raise ModelError(
            f"{file} has version {ours.version} like the bundle in use, but other content; "
            "raise its version, or install it with --allow-older"
        )


def _take_in(store: BundleStore, incoming: Path, name: str) -> None:
    """Gives the unpacked bundle its name, unless a whole one has it already."""
    target = store.path(name)
    if target.is_dir():
        try:
            load(target)
        except ModelError:
            aside = store.root / f".trash-{name}"
            # Renamed first, so that one that is half removed has no name of a bundle.
            target.rename(aside)
            incoming.rename(target)
            remove(aside)
    else:
        incoming.rename(target)
    sync_directory(store.root)


def _sweep(store: BundleStore) -> None:
    """Removes what an install left behind that did not come to its end."""
    for entry in list(os.scandir(store.root)):
        if entry.name.startswith((".incoming-", ".trash-")) and entry.is_dir(follow_symlinks=False):
            remove(Path(entry.path))


def _prune(store: BundleStore) -> None:
    """Removes the oldest bundles; never the current one or the one before it."""
    names = store.names()  # after the switch, so that a full disk keeps no bundle from being used
    kept = {store.current(), store.previous()} & set(names)
    others = [name for name in names if name not in kept]
    for name in others[: max(len(names) - KEEP, 0)]:
        store.forget(name)


@contextlib.contextmanager
def _naming(store: BundleStore) -> Iterator[None]:
    """Turns what a disk says into one sentence."""
    try:
        yield
    except OSError as error:
        hint = "free some space" if error.errno == errno.ENOSPC else "check the disk and its rights"
        raise ModelError(f"the bundles in {store.root} cannot be changed: {error.strerror}; {hint}") from None
