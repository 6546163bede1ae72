"""The bundles that were installed on this device, and which of them is in use.

    bundles/
      1.2.0-0f3a99c1/        a bundle, never changed after it was put here
      1.2.0-0f3a99c1.json    its record: what it replaced, and whether it has proved itself
      current -> 1.2.0-...   what is in use; without it, the bundle that comes with the package
      .lock                  held by whoever changes any of this

The link is the only thing that decides, and it changes in one step.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.bundle.bundle import SHIPPED
from edge.bundle.files import content
from edge.errors import ModelError
from edge.system import files
from edge.system.files import sync_directory

CURRENT = "current"
PACKAGED = ""
"""What the shipped bundle is called where the others have a name."""
MOST_ATTEMPTS = 2
"""So often may a daemon fail with a new bundle before it goes back."""
MOST_PROVEN_ATTEMPTS = 5
"""So often in a row with one that has proved itself: a power cut looks like a failure."""
_NAME = re.compile(r"[0-9][0-9a-z.+]*-[0-9a-f]{8}")
_MOST_RECORD_BYTES = 64 * 1024
_log = logging.getLogger(__name__)


class TrialRecord(BaseModel):
    """What is known of a bundle on this device.

    Attributes:
        replaced: Name of the bundle that was in use before it.
        attempts: How often a daemon began to work with it and did not come to a good end.
        proven: Whether it has worked for long enough; see `edge.bundle.trial`.
        libraries: What ran it, by version; with others it has proved nothing.
        note: What to tell while this one is in use: why another is not.
    """

    # A record may be of a later version, after the program itself was taken back.
    model_config = ConfigDict(frozen=True, extra="ignore")
    replaced: str = PACKAGED
    attempts: int = 0
    proven: bool = False
    libraries: str = ""
    note: str = ""

    @property
    def failed(self) -> bool:
        """Whether it has had its chances."""
        return self.attempts >= (MOST_PROVEN_ATTEMPTS if self.proven else MOST_ATTEMPTS)


class BundleStore:
    """A directory of bundles. A bundle is meant by its name, the shipped one by `PACKAGED`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """The directory of a bundle."""
        return self.root / name if name else SHIPPED

    def current(self) -> str:
        """The bundle in use.

        Raises:
            ModelError: The link leads to no place where bundles are.
        """
        link = self.root / CURRENT
        try:
            # Read, not followed: its name is checked before anything is opened through it.
            name = os.readlink(link)
        except (FileNotFoundError, NotADirectoryError):
            return PACKAGED
        except OSError as error:
            raise ModelError(f"{link} is no link to a bundle: {error.strerror}; install one again") from None
        if not _NAME.fullmatch(name):
            raise ModelError(f"{link} leads to {name!r}, which is no bundle here; install one again")
        return name

    def previous(self) -> str | None:
        """What was in use before the current one; None where nothing was."""
        name = self.current()
        return None if name == PACKAGED else self.record(name).replaced

    def names(self) -> tuple[str, ...]:
        """All installed bundles, the newest last."""
        try:
            found = [entry for entry in os.scandir(self.root) if _NAME.fullmatch(entry.name)]
        except OSError:
            return ()
        folders = [entry for entry in found if entry.is_dir(follow_symlinks=False)]
        folders.sort(key=lambda entry: (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name))
        return tuple(entry.name for entry in folders)

    def record(self, name: str) -> TrialRecord:
        """What is known of a bundle; a record that cannot be read knows nothing."""
        file = self.record_file(name)
        if not file.exists():
            return TrialRecord()
        try:
            return TrialRecord.model_validate_json(content(file, _MOST_RECORD_BYTES))
        except (ModelError, ValidationError):
            _log.warning("%s is damaged; the bundle counts as new", file)
            return TrialRecord()

    def write_record(self, name: str, record: TrialRecord) -> None:
        """Keeps a record durably.

        Raises:
            OSError: It cannot be written.
        """
        files.write_atomic(self.record_file(name), record.model_dump_json().encode())

    def point(self, name: str) -> None:
        """Takes another bundle into use, in one step and durably.

        Raises:
            OSError: The link cannot be written.
        """
        link = self.root / CURRENT
        if name:
            files.replace_link(link, name)
        else:
            link.unlink(missing_ok=True)
            sync_directory(self.root)

    def forget(self, name: str) -> None:
        """Removes a bundle; one that is half removed has no name any more."""
        aside = self.root / f".trash-{name}"
        self.path(name).rename(aside)
        remove(aside)
        self.record_file(name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self, wait_s: float = 0.0) -> Iterator[None]:
        """Keeps everybody else from changing anything.

        Raises:
            ModelError: Somebody else is at it, or the directory cannot be used.
        """
        deadline = time.monotonic() + wait_s
        with self._lock_file() as handle:
            while not _lock(handle):
                if time.monotonic() >= deadline:
                    raise ModelError(f"another process is changing the bundles in {self.root}; try again")
                time.sleep(0.1)
            yield

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[int]:
        for folder in (self.root.parent, self.root):
            # The folder may belong to the service, and root must not be led out of it.
            if os.geteuid() == 0 and folder.is_symlink():
                raise ModelError(f"{folder} is a link, which root does not follow; put a folder in its place")
        try:
            files.make_folder(self.root)
            file = self.root / ".lock"
            handle = os.open(file, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            files.take_over(file)
        except OSError as error:
            raise ModelError(
                f"{self.root} cannot be used: {error.strerror}; run this as the user of the service, or root"
            ) from None
        try:
            yield handle
        finally:
            os.close(handle)

    def record_file(self, name: str) -> Path:
        """Where a record is kept."""
        return self.root / f"{name or 'shipped'}.json"


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def remove(directory: Path) -> None:
    """Removes a directory of plain files, and says so where that fails."""
    try:
        for entry in list(os.scandir(directory)):
            Path(entry.path).unlink()
        directory.rmdir()
    except OSError as error:
        _log.warning("%s cannot be removed: %s", directory, error.strerror)


def acts_on_service() -> bool:
    """Whether this process is the service or root, so that its bundles are those of the service."""
    return "STATE_DIRECTORY" in os.environ or os.geteuid() == 0


def models_directory() -> Path:
    """Where fetched models are kept: a place of the system for root and for a service, else of the user."""
    state = os.environ.get("STATE_DIRECTORY", "/var/lib/maskgate" if acts_on_service() else "")
    if state:
        # systemd.exec(5): several directories are joined with colons.
        return Path(state.split(":")[0]) / "models"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "maskgate" / "models"


def open_bundle_store() -> BundleStore:
    """The bundles that were installed on this device."""
    return BundleStore(models_directory() / "bundles")
